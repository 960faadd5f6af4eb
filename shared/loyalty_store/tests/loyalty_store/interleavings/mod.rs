//! Whatever users, payments, the clock and the auth side do, and in whatever order: a use is never counted twice and
//! never lost, and the counters are always the sum of the ledger.
//!
//! These tests have a database of their own, because they move the clock past the end of everyone's holds.

mod model;
mod scene;

use model::Model;
use proptest::collection::vec;
use proptest::prelude::*;
use scene::{Scene, USERS};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::sync::watch;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Scenes run one at a time: a sweep by the clock of one scene expires the applications of all.
static CLOCK: Mutex<()> = Mutex::const_new(());

proptest! {
    #![proptest_config(config(40))]

    /// In sequence, every answer is the one that the model gives.
    #[test]
    fn sequential_answers_match_the_model(ops in vec(scene::op(), 1..30)) {
        Runtime::new().unwrap().block_on(async {
            let _clock = CLOCK.lock().await;
            let scene = Scene::new().await;
            let mut model = Model::default();
            for (step, op) in ops.iter().enumerate() {
                let answer = scene.run(*op).await;
                assert_eq!(answer, model.run(*op, scene.now()), "step {step}, {op:?}, of {ops:?}");
                assert_eq!(scene.ledger().await, model.ledger(scene.now()), "after step {step}, {op:?}, of {ops:?}");
                assert_eq!(&scene.events().await, model.events(), "after step {step}, {op:?}, of {ops:?}");
                scene.adds_up().await;
            }
        });
    }
}

proptest! {
    #![proptest_config(config(12))]

    /// Concurrently, the limits hold and the books balance at every instant.
    #[test]
    fn concurrent_operations_pass_the_audit(per_user in vec(vec(scene::op(), 1..12), USERS)) {
        Runtime::new().unwrap().block_on(async {
            let _clock = CLOCK.lock().await;
            let scene = Scene::new().await;
            let (done, mut is_done) = watch::channel(false);
            let observer = {
                let scene = scene.clone();
                tokio::spawn(async move {
                    let mut looks = 0;
                    while !*is_done.borrow_and_update() || looks == 0 {
                        scene.adds_up().await;
                        looks += 1;
                    }
                })
            };
            let actors = per_user.into_iter().map(|ops| {
                let scene = scene.clone();
                tokio::spawn(async move {
                    for op in ops {
                        scene.run(op).await;
                    }
                })
            });
            for actor in actors.collect::<Vec<_>>() {
                actor.await.unwrap();
            }
            done.send(true).unwrap();
            observer.await.unwrap();
            scene.is_within_limits().await;

            // Nothing is lost: once everything open is closed, exactly the uses that are not spent are available again.
            scene.close_everything().await;
            scene.adds_up().await;
            scene.can_be_used_up().await;
        });
    }
}
