//! Checks at the end of a test.

use std::thread;

use events::rabbitmq::{QUEUE, dead_letter_queue};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use loyalty_store::{Audited, LoyaltyStore};
use pg::{AdHoc, Type};

use crate::{TIMEOUT, World, until};

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
        let store = LoyaltyStore::new(self.loyalty.clone());
        let audited = Audited {
            promos: &own.promos,
            users: &own.users,
        };
        let contradictions = store.contradictions(Some(audited)).await.unwrap();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
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
