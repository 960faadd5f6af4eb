//! What should happen, on paper.

use jiff::{SignedDuration, Timestamp};

use crate::interleavings::scene::{
    Answer, CAMPAIGN_LIMIT, Entry, Events, LIMITS, Op, USERS, total,
};

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

/// A purchase: the place of its application, and `pending`, `paid`, `failed`, `refunded`, or `going back` when the money
/// came too late.
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

    /// The money for a purchase comes, maybe after it had failed.
    fn pay(&mut self, purchase: usize, now: Timestamp) -> Answer {
        let Some(sale) = self.sales.get(purchase).copied() else {
            return Answer::Nothing;
        };
        let late = sale.outcome == "failed";
        let answer = match sale.outcome {
            "pending" => "now",
            "failed" if self.has_room(sale.place, now) => "late, kept",
            "failed" => "late, going back",
            _ => return Answer::Settled("before"),
        };
        let kept = answer != "late, going back";
        if kept {
            self.applications[sale.place].state = "used";
            self.tell(sale.place, "paid");
        }
        self.sales[purchase].outcome = if late && !kept { "going back" } else { "paid" };
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

    /// Staff give all the money back; the use comes back with it.
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
