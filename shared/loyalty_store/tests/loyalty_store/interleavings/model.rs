//! A model of what should happen.

use jiff::{SignedDuration, Timestamp};

use crate::interleavings::scene::{
    Answer, CAMPAIGN_LIMIT, Entry, Events, LIMITS, Op, USERS, total,
};

const HOLD: SignedDuration = SignedDuration::from_mins(30);
const HALF: SignedDuration = SignedDuration::from_mins(15);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const MAX_UNUSED: usize = 3;

#[derive(Debug, Clone)]
struct Application {
    user: usize,
    promo: usize,
    tariff: usize,
    state: &'static str,
    /// When the user cancelled it.
    by_user: Option<Timestamp>,
    created_at: Timestamp,
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

    /// Whether it kept a use from others without using it, within the last day.
    fn is_unused(&self, now: Timestamp) -> bool {
        let wasted = match self.by_user {
            Some(at) => at.duration_since(self.created_at) >= HALF,
            None => self.state(now) == "expired",
        };
        wasted && now.duration_since(self.created_at) < DAY
    }

    fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state(now), "applied" | "paying")
    }
}

/// A purchase: the index of its application, and `pending`, `paid`, `failed`, `refunded`, or `going back` when the
/// money is being refunded because the sale could not be kept.
#[derive(Debug, Clone, Copy)]
struct Sale {
    place: usize,
    outcome: &'static str,
}

#[derive(Debug, Default)]
pub struct Model {
    applications: Vec<Application>,
    sales: Vec<Sale>,
    closed: [bool; USERS],
    events: Events,
}

impl Model {
    pub fn ledger(&self, now: Timestamp) -> Vec<Entry> {
        let entry = |a: &Application| (a.user, a.promo, a.tariff, a.state(now));
        self.applications.iter().map(entry).collect()
    }

    pub fn events(&self) -> &Events {
        &self.events
    }

    fn tell(&mut self, place: usize, what: &'static str) {
        self.events[self.applications[place].user].push(what);
    }

    pub fn run(&mut self, op: Op, now: Timestamp) -> Answer {
        match op {
            Op::Apply {
                user,
                promo,
                tariff,
            }
            | Op::Move {
                user,
                promo,
                tariff,
            } => {
                let moves = matches!(op, Op::Move { .. });
                match self.apply(user, promo, tariff, moves, now) {
                    Ok((_, true)) => Answer::Held,
                    Ok((_, false)) => Answer::HeldBefore,
                    Err(reasons) => Answer::Refused(reasons),
                }
            }
            Op::Buy {
                user,
                promo,
                tariff,
            } => match self.apply(user, promo, tariff, false, now) {
                Ok((place, _)) => self.buy(place),
                Err(reasons) => Answer::Refused(reasons),
            },
            Op::Cancel { user, promo } => Answer::Cancelled(self.cancel(user, promo, now)),
            Op::Pay { purchase } => self.pay(purchase, now),
            Op::Decline { purchase } => self.decline(purchase),
            Op::Refund { purchase } => self.refund(purchase),
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

    /// The index of the application, and whether it is new.
    fn apply(
        &mut self,
        user: usize,
        promo: usize,
        tariff: usize,
        moves: bool,
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
        // The user's application for the other tariff does not count against moving it.
        let elsewhere = |a: &Application| {
            a.user == user && a.promo == promo && a.tariff != tariff && a.is_open(now)
        };
        let held = self.applications.iter().rposition(elsewhere);
        let of_promo = count(&|a| a.promo == promo);
        let in_all = count(&|_| true);
        let of_user = count(&|a| a.promo == promo && a.user == user);
        let full =
            |count: i64, limit: i64| (count >= limit, count - i64::from(held.is_some()) >= limit);
        let limits = [
            full(of_promo, uses),
            full(in_all, CAMPAIGN_LIMIT),
            full(of_user, per_user.into()),
        ];
        let own_all = self.applications.iter();
        let unused = own_all.filter(|a| a.user == user && a.promo == promo && a.is_unused(now));
        let mut reasons: Vec<String> = [
            ("user_not_active", self.closed[user]),
            (
                "held_for_another_tariff",
                limits.iter().any(|(with, without)| *with && !without),
            ),
            ("promo_limit_reached", limits[0].1),
            ("campaign_limit_reached", limits[1].1),
            ("user_limit_reached", limits[2].1),
            ("too_many_unused_applications", unused.count() >= MAX_UNUSED),
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
        if let Some(place) = held
            && moves
            && self.applications[place].state == "applied"
            && reasons
                .iter()
                .all(|reason| reason == "held_for_another_tariff")
        {
            reasons.clear();
            self.applications[place].state = "cancelled";
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.applications.push(Application {
            user,
            promo,
            tariff,
            state: "applied",
            by_user: None,
            created_at: now,
            expires_at: now + HOLD,
        });
        Ok((self.applications.len() - 1, true))
    }

    fn buy(&mut self, place: usize) -> Answer {
        let application = &mut self.applications[place];
        if application.state == "paying" {
            return Answer::BoughtBefore;
        }
        let outcome;
        (application.state, outcome) = match total(application.promo).is_zero() {
            true => ("used", "paid"),
            false => ("paying", "pending"),
        };
        self.sales.push(Sale { place, outcome });
        if outcome == "paid" {
            self.tell(place, "paid");
        }
        Answer::Bought
    }

    /// How many applications are cancelled by this call, or by the latest one if none is open.
    fn cancel(&mut self, user: usize, promo: usize, now: Timestamp) -> usize {
        let own = |a: &Application| a.user == user && a.promo == promo;
        let open: Vec<usize> = (0..self.applications.len())
            .filter(|place| {
                let a = &self.applications[*place];
                own(a) && a.is_open(now)
            })
            .collect();
        for sale in &mut self.sales {
            if sale.outcome == "pending" && open.contains(&sale.place) {
                sale.outcome = "failed";
            }
        }
        for place in &open {
            let a = &mut self.applications[*place];
            (a.state, a.by_user) = ("cancelled", Some(now));
        }
        if !open.is_empty() {
            return open.len();
        }
        let latest = self.applications.iter().rfind(|a| own(a));
        let Some(at) = latest.and_then(|a| a.by_user) else {
            return 0;
        };
        let together = |a: &&Application| own(a) && a.by_user == Some(at);
        self.applications.iter().filter(together).count()
    }

    /// The payment of a purchase succeeds, perhaps after the purchase has failed.
    fn pay(&mut self, purchase: usize, now: Timestamp) -> Answer {
        let Some(sale) = self.sales.get(purchase).copied() else {
            return Answer::Nothing;
        };
        let active = !self.closed[self.applications[sale.place].user];
        let answer = match sale.outcome {
            "pending" if active => "now",
            "pending" => {
                self.applications[sale.place].state = "cancelled";
                "late, going back"
            }
            "failed" if self.has_room(sale.place, now) => "late, kept",
            "failed" => "late, going back",
            _ => return Answer::Settled("before"),
        };
        let kept = answer != "late, going back";
        if kept {
            let application = &mut self.applications[sale.place];
            (application.state, application.by_user) = ("used", None);
            self.tell(sale.place, "paid");
        }
        self.sales[purchase].outcome = if kept { "paid" } else { "going back" };
        Answer::Settled(answer)
    }

    /// Whether the use of an application that was released can be taken again.
    fn has_room(&self, place: usize, now: Timestamp) -> bool {
        let Application { user, promo, .. } = self.applications[place];
        let live = self.applications.iter().filter(|a| a.counts(now));
        let of_promo: Vec<_> = live.clone().filter(|a| a.promo == promo).collect();
        let of_user = of_promo.iter().filter(|a| a.user == user).count();
        let (uses, per_user) = LIMITS[promo];
        !self.closed[user]
            && (of_promo.len() as i64) < uses
            && (live.count() as i64) < CAMPAIGN_LIMIT
            && (of_user as i32) < per_user
    }

    fn decline(&mut self, purchase: usize) -> Answer {
        let Some(sale) = self.sales.get_mut(purchase) else {
            return Answer::Nothing;
        };
        Answer::Settled(match sale.outcome {
            "pending" => {
                sale.outcome = "failed";
                self.applications[sale.place].state = "cancelled";
                "now"
            }
            "failed" | "going back" => "before",
            _ => "conflict",
        })
    }

    /// Staff refund the purchase in full, which releases the use.
    fn refund(&mut self, purchase: usize) -> Answer {
        let Some(Sale { place, outcome }) = self.sales.get(purchase).copied() else {
            return Answer::Nothing;
        };
        Answer::Refund(match outcome {
            "paid" if !total(self.applications[place].promo).is_zero() => {
                self.sales[purchase].outcome = "refunded";
                self.applications[place].state = "cancelled";
                self.tell(place, "refunded");
                "done"
            }
            "paid" | "refunded" => "nothing left",
            _ => "not paid",
        })
    }
}
