//! Checks at the end of a test.

use std::thread;

use events::rabbitmq::{QUEUE, dead_letter_queue};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use loyalty_store::{Audited, LoyaltyStore};
use pg::{AdHoc, Type};
use uuid::Uuid;

use crate::{TIMEOUT, World, now, until};

impl World {
    /// Checks what must hold after every test: none of its events are left in an outbox, no message was dead-lettered,
    /// and the audit finds nothing about its promo codes and its users.
    pub async fn finish(mut self) {
        // Whatever the checks find, this was called.
        self.finished = true;
        let own = std::mem::take(&mut *self.own());
        for database in [&self.auth, &self.loyalty] {
            until("outbox published", TIMEOUT, async || {
                let sql =
                    "SELECT count(*) FROM outbox WHERE user_id = ANY ($1) AND published_at IS NULL";
                let row = database.row(sql, &[(&own.users, Type::UUID_ARRAY)]).await;
                (row.unwrap().unwrap().get::<_, i64>(0) == 0).then_some(())
            })
            .await;
        }
        let contradictions = self.contradictions_of(&own.promos, &own.users).await;
        assert!(contradictions.is_empty(), "{contradictions:#?}");
        self.settle(&own.forced).await;
        let dead_letters = self.count_dead_letters().await;
        assert_eq!(
            dead_letters, self.dead_letters,
            "messages were dead-lettered"
        );
        // Everyone's list covers all listed codes and all tariffs on sale, so this test's are withdrawn.
        let sql = "UPDATE promotions SET listed = false
            WHERE listed AND id IN (SELECT promotion_id FROM promo_codes WHERE id = ANY ($1))";
        let params = [(&own.promos as _, Type::INT8_ARRAY)];
        self.loyalty.execute(sql, &params).await.unwrap();
        let sql = "UPDATE tariffs SET status = 'archived' WHERE id = ANY ($1)";
        let archived = self
            .loyalty
            .execute(sql, &[(&own.tariffs, Type::INT8_ARRAY)])
            .await;
        archived.unwrap();
    }

    /// What the audit finds about the promo codes and the users of this test.
    pub async fn contradictions(&self) -> Vec<String> {
        let (promos, users) = {
            let own = self.own();
            (own.promos.clone(), own.users.clone())
        };
        self.contradictions_of(&promos, &users).await
    }

    async fn contradictions_of(&self, promos: &[i64], users: &[Uuid]) -> Vec<String> {
        let store = LoyaltyStore::new(self.loyalty.clone());
        let audited = Audited { promos, users };
        store.contradictions(Some(audited)).await.unwrap()
    }

    /// Makes both sides agree about users whose status was set on one of them, so that an audit of the whole stack finds
    /// nothing wrong after the tests.
    async fn settle(&self, users: &[Uuid]) {
        for id in users {
            let sql = "SELECT status, version FROM users WHERE id = $1";
            let row = self.auth.row(sql, &[(id, Type::UUID)]).await.unwrap();
            let row = row.unwrap();
            let (status, version): (&str, i64) = (row.get(0), row.get(1));
            let sql = "UPDATE users SET status = $2, version = $3, updated_at = $4 WHERE id = $1";
            let params: [pg::Param; 4] = [
                (id, Type::UUID),
                (&status, Type::TEXT),
                (&version, Type::INT8),
                (&now(), Type::TIMESTAMPTZ),
            ];
            self.loyalty.execute(sql, &params).await.unwrap();
            if status != "active" {
                let sql = "UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL";
                self.auth.execute(sql, &[(id, Type::UUID)]).await.unwrap();
            }
        }
    }

    pub(crate) async fn count_dead_letters(&self) -> u32 {
        let channel = self.broker.channel().await.unwrap();
        let look = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let name = dead_letter_queue(QUEUE);
        let queue = channel.queue_declare(name.as_str().into(), look, FieldTable::default());
        let count = queue.await.unwrap().message_count();
        let _ = channel.close(200, "done".into()).await;
        count
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(
            self.finished || thread::panicking(),
            "the test does not call world.finish()"
        );
    }
}
