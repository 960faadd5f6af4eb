//! User statuses on their way from auth to loyalty, and purchase events on theirs to other systems: one suite over both
//! brokers, on real servers.

mod broker;
mod poller;
mod rabbitmq;
mod sqs;
mod world;

mod command;
mod dead_letters;
mod deaths;
mod earlier_queue;
mod holds;
mod outages;
mod purchases;
mod repetition;
mod transport;

/// Runs each test over RabbitMQ and over SQS.
macro_rules! over_both_brokers {
    ($($test:ident),+ $(,)?) => {
        mod over_rabbitmq {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<crate::brokers::rabbitmq::Rabbit>(crate::brokers::world::World::new().await).await;
            })+
        }
        mod over_sqs {
            $(#[tokio::test]
            async fn $test() {
                super::$test::<crate::brokers::sqs::Queue>(crate::brokers::world::World::new().await).await;
            })+
        }
    };
}
use over_both_brokers;
