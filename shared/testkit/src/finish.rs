//! What must hold when a test is over.

use std::thread;

use events::rabbitmq::{QUEUE, dead_letter_queue};
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use pg::Type;

use crate::{PATIENCE, World, until};

/// Uses that are counted differently in two places, and applications, purchases and subscriptions that do not fit.
const CONTRADICTIONS: &str = "
    SELECT 'promo ' || g.promo_id || ': ' || g.taken || ' taken, but ' || count(a.id) || ' held or used'
    FROM (SELECT promo_id, sum(taken)::bigint AS taken FROM promo_usage GROUP BY promo_id) g
    LEFT JOIN applications a ON a.promo_id = g.promo_id AND a.state IN ('applied', 'paying', 'used')
    WHERE g.promo_id = ANY ($1)
    GROUP BY g.promo_id, g.taken HAVING g.taken <> count(a.id)
    UNION ALL
    SELECT 'application ' || a.id || ' is ' || a.state || ' with ' || count(b.id) FILTER (WHERE b.status = 'pending')
        || ' pending and ' || count(b.id) FILTER (WHERE b.status = 'paid') || ' paid purchases, '
        || count(s.purchase_id) || ' subscriptions'
    FROM applications a
    LEFT JOIN purchases b ON b.application_id = a.id
    LEFT JOIN subscriptions s ON s.purchase_id = b.id
    WHERE a.promo_id = ANY ($1)
    GROUP BY a.id, a.state
    HAVING count(b.id) FILTER (WHERE b.status = 'pending') <> (a.state = 'paying')::int
        OR count(b.id) FILTER (WHERE b.status = 'paid') <> (a.state = 'used')::int
        OR count(s.purchase_id) <> (a.state = 'used')::int";

impl World {
    /// Checks what must hold after every test: nothing of it waits in the outbox, no message was given up, and the
    /// uses of its promo codes add up.
    pub async fn finish(mut self) {
        // Whatever comes of the checks, the call was not forgotten.
        self.finished = true;
        let own = std::mem::take(&mut *self.own());
        until("outbox published", PATIENCE, async || {
            let sql =
                "SELECT count(*) FROM outbox WHERE user_id = ANY ($1) AND published_at IS NULL";
            let row = self.auth.row(sql, &[(&own.users, Type::UUID_ARRAY)]).await;
            (row.unwrap().unwrap().get::<_, i64>(0) == 0).then_some(())
        })
        .await;
        let rows = self
            .loyalty
            .rows(CONTRADICTIONS, &[(&own.promos, Type::INT8_ARRAY)])
            .await;
        let contradictions: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
        let dead_letters = self.count_dead_letters().await;
        assert_eq!(dead_letters, self.dead_letters, "messages were given up");
        // Everyone's list goes over all tariffs on sale.
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
