//! A broker that an earlier version set up.

use domain::Random;
use events::rabbitmq::{RabbitConnection, dead_letter_queue};
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use runtime::OsRandom;

use crate::brokers::world::setting;

#[tokio::test]
async fn dead_letter_queue_of_earlier_version_is_used() {
    let (url, queue) = (setting("AMQP_URL"), format!("test-{}", OsRandom.uuid()));
    let other = RabbitConnection::connect(&url, &format!("{queue}-other")).await;
    let channel = other.unwrap().channel().await.unwrap();
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let mut arguments = FieldTable::default();
    let kind = AMQPValue::LongString("quorum".into());
    arguments.insert("x-queue-type".into(), kind);
    let dead = dead_letter_queue(&queue);
    for name in [&dead, &format!("{queue}-wrong")] {
        let declared = channel.queue_declare(name.as_str().into(), options, arguments.clone());
        declared.await.unwrap();
    }

    let broker = RabbitConnection::connect(&url, &queue).await.unwrap();
    let letters = broker.dead_letters().await.unwrap();
    assert_eq!(letters.count().await, Ok(0));
    let wrong = RabbitConnection::connect(&url, &format!("{queue}-wrong")).await;
    let error = wrong.err().unwrap().to_string();
    assert!(error.contains("PRECONDITION_FAILED"), "{error}");

    for name in ["", "-wrong", "-other"].map(|end| format!("{queue}{end}")) {
        for name in [dead_letter_queue(&name), name] {
            let deleted = channel.queue_delete(name.into(), QueueDeleteOptions::default());
            deleted.await.unwrap();
        }
    }
}
