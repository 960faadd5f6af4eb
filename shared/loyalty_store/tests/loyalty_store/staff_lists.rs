//! The lists that staff read, for the test of plans.

use domain::{Clock, PromoCodeId, PurchaseStatus, RefundStatus, TariffId};
use jiff::SignedDuration;
use loyalty_store::{LoyaltyStore, PurchaseFilter, RefundFilter};
use runtime::SystemClock;

use crate::plans::{BUYER, PAGE, id};

/// A user with a single purchase.
const OTHER: usize = 11;
/// A promo code that half of the purchases have, and one that few have.
const CODES: [i64; 2] = [7, 501];

/// Reads the lists of purchases, refunds and periods with each combination of filters that the API takes.
pub async fn read_lists(store: &LoyaltyStore) {
    let limit = PAGE as i64;
    let week = SignedDuration::from_hours(24 * 7);
    let (now, nothing) = (SystemClock.now(), PurchaseFilter::default());
    let times = [
        None,
        Some((now - week, now)),
        Some((now - week, now - week / 2)),
    ];
    let users = [None, Some(id(BUYER)), Some(id(OTHER))];
    let codes = [None, Some(CODES[0]), Some(CODES[1])];
    let narrow = users.iter().flat_map(|user| {
        let codes = codes.iter().map(move |code| (user, code));
        codes.flat_map(|(user, code)| times.iter().map(move |time| (user, code, time)))
    });
    for (user, code, time) in narrow.filter(|it| *it != (&None, &None, &None)) {
        // The buyer has many purchases, and none with this code: all of either are read to find nothing.
        if (user, code) == (&Some(id(BUYER)), &Some(CODES[0])) {
            continue;
        }
        for status in [
            None,
            Some(PurchaseStatus::Paid),
            Some(PurchaseStatus::Revoked),
        ] {
            for tariff in [None, Some(TariffId(1))] {
                let filter = PurchaseFilter {
                    user_id: *user,
                    code: code.map(PromoCodeId),
                    from: time.map(|(from, _)| from),
                    to: time.map(|(_, to)| to),
                    status,
                    tariff,
                };
                let found = store.find_purchases(&filter, None, limit).await.unwrap();
                let Some(last) = found.last() else {
                    continue;
                };
                let next = store.find_purchases(&filter, Some(last.place()), limit);
                next.await.unwrap();
            }
        }
    }
    let mine = PurchaseFilter {
        user_id: Some(id(OTHER)),
        ..nothing
    };
    let purchase = store.find_purchases(&mine, None, limit).await.unwrap()[0].id;
    for (purchase_id, user_id) in [
        (None, None),
        (Some(purchase), None),
        (None, Some(id(OTHER))),
        (Some(purchase), Some(id(OTHER))),
    ] {
        for time in times {
            if purchase_id.is_none() && user_id.is_none() && time.is_none() {
                continue;
            }
            for status in [None, Some(RefundStatus::Pending)] {
                let filter = RefundFilter {
                    purchase_id,
                    user_id,
                    status,
                    from: time.map(|(from, _)| from),
                    to: time.map(|(_, to)| to),
                };
                let found = store.find_refunds(&filter, None, limit).await.unwrap();
                if let Some(last) = found.last() {
                    let next = store.find_refunds(&filter, Some(last.place()), limit);
                    next.await.unwrap();
                }
            }
        }
    }
    for user in [BUYER, OTHER] {
        let found = store.find_periods_of(id(user), None, limit).await.unwrap();
        let next = store.find_periods_of(id(user), Some(found[found.len() - 1].place()), limit);
        next.await.unwrap();
        let ids: Vec<_> = found.iter().map(|period| period.purchase_id).collect();
        assert_eq!(store.find_periods(&ids).await.unwrap().len(), ids.len());
    }
}
