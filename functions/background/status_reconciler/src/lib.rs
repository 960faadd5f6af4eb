//! Compares what both databases know of users' status, and repairs what the loyalty side has wrong or has not at all.
//! Events need no help in this: it is for what was lost with a disk, a backup, a broker or a bug.

mod report;

use std::collections::HashMap;
use std::time::Duration;

use auth_store::{AuthStore, OwnStatus};
use domain::{Clock, KnownStatus};
use loyalty_store::LoyaltyStore;
use pg::PgError;
use uuid::Uuid;

pub use report::{Report, Users};

/// Users compared at a time: one statement on each side, and one that repairs.
const PAGE: usize = 1000;

/// What to do about what drifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Repair,
    Report,
}

/// Compares all users, page by page, and changes nothing: the report says what [`reconcile`] would repair.
///
/// # Errors
/// Any [`PgError`].
pub async fn compare(
    auth: &AuthStore,
    loyalty: &LoyaltyStore,
    clock: &dyn Clock,
    settling: Duration,
) -> Result<Report, PgError> {
    walk(auth, loyalty, clock, settling, Mode::Report).await
}

/// Compares all users, page by page, and repairs what drifted. Changes of the last `settling` are left to the events that
/// are under way. Any number of runs at once, and events meanwhile, do no harm.
///
/// # Errors
/// Any [`PgError`]; what was repaired before stays so.
pub async fn reconcile(
    auth: &AuthStore,
    loyalty: &LoyaltyStore,
    clock: &dyn Clock,
    settling: Duration,
) -> Result<Report, PgError> {
    walk(auth, loyalty, clock, settling, Mode::Repair).await
}

async fn walk(
    auth: &AuthStore,
    loyalty: &LoyaltyStore,
    clock: &dyn Clock,
    settling: Duration,
    mode: Mode,
) -> Result<Report, PgError> {
    let settled = clock.now() - settling;
    let mut report = Report::default();
    let mut after = Uuid::nil();
    loop {
        let limit = PAGE as i64;
        let (own, known) =
            tokio::try_join!(auth.statuses(after, limit), loyalty.statuses(after, limit))?;
        let end = end_of_page(&own, &known);
        let page = Page {
            own: own
                .into_iter()
                .filter(|own| end.is_none_or(|end| own.known.user_id <= end))
                .collect(),
            known: known
                .into_iter()
                .filter(|known| end.is_none_or(|end| known.user_id <= end))
                .map(|known| (known.user_id, known))
                .collect(),
        };
        report.users += page.own.len() as u64;
        let (drifted, unexpected) = page.compare(|own| own.changed_at <= settled, &mut report);
        match mode {
            Mode::Repair => repair(loyalty, clock, &drifted, &mut report).await?,
            Mode::Report => {
                for (status, drift) in drifted {
                    report.add(status.user_id, drift);
                }
            }
        }
        look_again(auth, &unexpected, &mut report).await?;
        match end {
            Some(end) => after = end,
            None => return Ok(report),
        }
    }
}

/// The last user up to whom both pages are complete; none when they have everybody.
fn end_of_page(own: &[OwnStatus], known: &[KnownStatus]) -> Option<Uuid> {
    let own = own.get(PAGE - 1).map(|own| own.known.user_id);
    let known = known.get(PAGE - 1).map(|known| known.user_id);
    own.into_iter().chain(known).min()
}

/// The same users, as both sides know them.
struct Page {
    own: Vec<OwnStatus>,
    known: HashMap<Uuid, KnownStatus>,
}

/// How the loyalty side is wrong about a user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drift {
    Missing,
    Outdated,
    Contradicting,
}

impl Page {
    /// Who has to be repaired; and whom the loyalty side knows better than auth, or alone.
    fn compare(
        mut self,
        settled: impl Fn(&OwnStatus) -> bool,
        report: &mut Report,
    ) -> (Vec<(KnownStatus, Drift)>, Vec<KnownStatus>) {
        let (mut drifted, mut unexpected) = (Vec::new(), Vec::new());
        for own in self.own {
            let drift = match self.known.remove(&own.known.user_id) {
                None => Drift::Missing,
                Some(known) if known.version < own.known.version => Drift::Outdated,
                Some(known) if known.version > own.known.version => {
                    unexpected.push(known);
                    continue;
                }
                Some(known) if known != own.known => Drift::Contradicting,
                Some(_) => continue,
            };
            match settled(&own) {
                true => drifted.push((own.known, drift)),
                false => report.under_way += 1,
            }
        }
        unexpected.extend(self.known.into_values());
        (drifted, unexpected)
    }
}

async fn repair(
    loyalty: &LoyaltyStore,
    clock: &dyn Clock,
    drifted: &[(KnownStatus, Drift)],
    report: &mut Report,
) -> Result<(), PgError> {
    if drifted.is_empty() {
        return Ok(());
    }
    let statuses: Vec<KnownStatus> = drifted.iter().map(|(status, _)| *status).collect();
    let repaired = loyalty.repair_statuses(&statuses, clock.now()).await?;
    let drifts: HashMap<Uuid, Drift> = drifted
        .iter()
        .map(|(status, drift)| (status.user_id, *drift))
        .collect();
    // The others' events came in between.
    report.under_way += (drifted.len() - repaired.len()) as u64;
    for user in repaired {
        if let Some(drift) = drifts.get(&user) {
            report.add(user, *drift);
        }
    }
    Ok(())
}

/// The sides were not read in the same instant: who seemed unexpected may have registered or changed in between.
async fn look_again(
    auth: &AuthStore,
    unexpected: &[KnownStatus],
    report: &mut Report,
) -> Result<(), PgError> {
    if unexpected.is_empty() {
        return Ok(());
    }
    let users: Vec<Uuid> = unexpected.iter().map(|known| known.user_id).collect();
    let own = auth.statuses_of(&users).await?.into_iter();
    let own: HashMap<Uuid, i64> = own
        .map(|own| (own.known.user_id, own.known.version))
        .collect();
    for known in unexpected {
        match own.get(&known.user_id) {
            None => report.unknown.add(known.user_id),
            Some(version) if *version < known.version => report.ahead.add(known.user_id),
            Some(_) => report.under_way += 1,
        }
    }
    Ok(())
}
