//! What should happen, on paper.

use jiff::{SignedDuration, Timestamp};

use crate::scene::{Answer, CAMPAIGN_LIMIT, Entry, LIMITS, Op, USERS, total};

const HOLD: SignedDuration = SignedDuration::from_mins(30);

#[derive(Debug, Clone)]
struct Application {
    user: usize,
    promo: usize,
    tariff: usize,
    state: &'static str,
    by_user: bool,
    expires_at: Timestamp,
}

impl Application {
    fn state(&self, now: Timestamp) -> &'static str {
        match self.state {
            "applied" if self.expires_at <= now => "expired",
            state => state,
        }
    }

    fn counts(&self, now: Timestamp) -> bool {
        matches!(self.state(now), "applied" | "paying" | "used")
    }

    fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state(now), "applied" | "paying")
    }
}

#[derive(Debug, Default)]
pub struct Model {
    applications: Vec<Application>,
    /// The places of the applications that were bought with.
    purchases: Vec<usize>,
    closed: [bool; USERS],
}

impl Model {
    pub fn ledger(&self, now: Timestamp) -> Vec<Entry> {
        let entry = |a: &Application| (a.user, a.promo, a.tariff, a.state(now));
        self.applications.iter().map(entry).collect()
    }

    pub fn run(&mut self, op: Op, now: Timestamp) -> Answer {
        match op {
            Op::Apply {
                user,
                promo,
                tariff,
            } => match self.apply(user, promo, tariff, now) {
                Ok((_, true)) => Answer::Held,
                Ok((_, false)) => Answer::HeldBefore,
                Err(reasons) => Answer::Refused(reasons),
            },
            Op::Buy {
                user,
                promo,
                tariff,
            } => match self.apply(user, promo, tariff, now) {
                Ok((place, _)) => self.buy(place),
                Err(reasons) => Answer::Refused(reasons),
            },
            Op::Cancel { user, promo } => Answer::Cancelled(self.cancel(user, promo, now)),
            Op::Pay { purchase } => self.settle(purchase, "used"),
            Op::Decline { purchase } => self.settle(purchase, "cancelled"),
            Op::Wait | Op::Sweep => Answer::Nothing,
            Op::Close { user, .. } => {
                self.closed[user] = true;
                for a in &mut self.applications {
                    if a.user == user && a.state(now) == "applied" {
                        a.state = "cancelled";
                    }
                }
                Answer::Nothing
            }
            Op::Open { user } => {
                self.closed[user] = false;
                Answer::Nothing
            }
        }
    }

    /// The place of the hold, and whether it is new.
    fn apply(
        &mut self,
        user: usize,
        promo: usize,
        tariff: usize,
        now: Timestamp,
    ) -> Result<(usize, bool), Vec<String>> {
        let own = |a: &Application| (a.user, a.promo, a.tariff) == (user, promo, tariff);
        if let Some(place) = self
            .applications
            .iter()
            .position(|a| own(a) && a.is_open(now))
        {
            return Ok((place, false));
        }
        let live: Vec<&Application> = self.applications.iter().filter(|a| a.counts(now)).collect();
        let count =
            |of: &dyn Fn(&Application) -> bool| live.iter().filter(|a| of(a)).count() as i64;
        let (uses, per_user) = LIMITS[promo];
        let reasons: Vec<String> = [
            ("user_not_active", self.closed[user]),
            ("promo_limit_reached", count(&|a| a.promo == promo) >= uses),
            ("campaign_limit_reached", count(&|_| true) >= CAMPAIGN_LIMIT),
            (
                "user_limit_reached",
                count(&|a| a.promo == promo && a.user == user) >= per_user.into(),
            ),
            (
                "another_promo_applied",
                count(&|a| {
                    a.user == user && a.tariff == tariff && a.promo != promo && a.is_open(now)
                }) > 0,
            ),
        ]
        .into_iter()
        .filter(|(_, refuses)| *refuses)
        .map(|(reason, _)| reason.to_owned())
        .collect();
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.applications.push(Application {
            user,
            promo,
            tariff,
            state: "applied",
            by_user: false,
            expires_at: now + HOLD,
        });
        Ok((self.applications.len() - 1, true))
    }

    fn buy(&mut self, place: usize) -> Answer {
        let application = &mut self.applications[place];
        if application.state == "paying" {
            return Answer::BoughtBefore;
        }
        application.state = match total(application.promo).is_zero() {
            true => "used",
            false => "paying",
        };
        self.purchases.push(place);
        Answer::Bought
    }

    fn cancel(&mut self, user: usize, promo: usize, now: Timestamp) -> &'static str {
        let mut own = self
            .applications
            .iter_mut()
            .rev()
            .filter(|a| a.user == user && a.promo == promo);
        let mut latest = None;
        let held = own.find_map(|a| {
            latest.get_or_insert((a.state(now), a.by_user));
            (a.state(now) == "applied").then_some(a)
        });
        if let Some(hold) = held {
            hold.state = "cancelled";
            hold.by_user = true;
            return "done";
        }
        match latest {
            Some(("paying", _)) => "paying",
            Some(("used", _)) => "used",
            Some(("cancelled", true)) => "done",
            _ => "not applied",
        }
    }

    fn settle(&mut self, purchase: usize, outcome: &'static str) -> Answer {
        let Some(place) = self.purchases.get(purchase) else {
            return Answer::Nothing;
        };
        let application = &mut self.applications[*place];
        Answer::Settled(match application.state {
            "paying" => {
                application.state = outcome;
                "now"
            }
            state if state == outcome => "before",
            _ => "conflict",
        })
    }
}
