//! Functions on AWS can be killed at any step: before a statement or a request has arrived, or before its answer has.
//! (The worker on RabbitMQ is killed in `faults`.)

use crate::brokers::sqs::Queue;
use crate::brokers::world::{TIMEOUT, World, setting};
use crate::support::proxy::{ANSWER, ANY, Proxy, STATEMENT, Way, server};
use crate::support::until;
use pg::AdHoc;

/// The connection whose messages count as steps.
#[derive(Debug, Clone, Copy)]
enum Wire {
    Auth,
    Loyalty,
    Sqs,
}

struct Scene {
    world: World<Queue>,
    sqs: Proxy,
    /// The queue, as the functions reach it.
    queue: Queue,
}

#[tokio::test]
async fn functions_killed_at_each_step_recover_over_sqs() {
    let world = World::<Queue>::new().await;
    let url = setting("AWS_ENDPOINT_URL_SQS");
    let sqs = Proxy::to(server(&url)).await;
    let queue = world.broker.at(sqs.instead(&url));
    let scene = Scene { world, sqs, queue };
    for wire in [Wire::Auth, Wire::Loyalty, Wire::Sqs] {
        for way in [Way::ToServer, Way::ToClient] {
            let mut step = 1;
            while scene.ends_at(wire, way, step).await {
                step += 1;
            }
            assert!(step > 1, "{wire:?}, {way:?}: no step");
        }
    }
    scene.world.finish(None, &[]).await;
}

impl Scene {
    /// Blocks a user with a hold and kills both functions at the step. False if everything was done before that step.
    async fn ends_at(&self, wire: Wire, way: Way, step: usize) -> bool {
        let world = &self.world;
        let user = world.people.register().await;
        let running = world.start_over(&self.queue).await;
        world.until_both_agree().await;
        let promo = world.promo().await;
        promo.apply(user).await.unwrap();

        let (proxy, pattern) = match (wire, way) {
            (Wire::Sqs, _) => (&self.sqs, ANY),
            (Wire::Auth, Way::ToServer) => (&world.auth_wire, STATEMENT),
            (Wire::Auth, Way::ToClient) => (&world.auth_wire, ANSWER),
            (Wire::Loyalty, Way::ToServer) => (&world.wire, STATEMENT),
            (Wire::Loyalty, Way::ToClient) => (&world.wire, ANSWER),
        };
        world.people.block(user).await;
        let held = proxy.hold_from(step, way, pattern);
        let came_to_it = tokio::select! {
            () = world.until_both_agree() => false,
            () = until("the step", TIMEOUT, async || held.hits() >= step) => true,
        };
        drop(running);
        for proxy in [&world.auth_wire, &world.wire, &self.sqs] {
            proxy.drop_connections();
        }
        drop(held);

        // Ends the claim of the killed relay now, instead of waiting for its lease to expire.
        let sql = "UPDATE outbox SET claimed_until = now() WHERE claimed_until > now()";
        world.people.pool.execute(sql, &[]).await.unwrap();
        let running = world.start_over(&self.queue).await;
        world.until_both_agree().await;
        let cancelled = ("cancelled".to_owned(), Some("user_blocked".to_owned()));
        assert_eq!(promo.of(user).await, [cancelled]);
        promo.adds_up(0).await;
        running.stop().await;
        came_to_it
    }
}
