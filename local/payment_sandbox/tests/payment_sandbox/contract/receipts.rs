//! Payments, partial captures and refunds carry receipts under the law 54-FZ.

use payments::{
    Capture, CaptureAmount, CaptureMode, NewPayment, NewRefund, Provider, ReceiptStatus,
};

use crate::support::{World, order, random_key, refund, rubles};

#[tokio::test]
async fn every_step_that_moves_money_has_its_receipt() {
    let world = World::new().await;
    let client = world.client_with_receipts();
    let order = NewPayment {
        capture: CaptureMode::OnDemand,
        // The provider requires a name for the item, even if the payment has no description.
        description: String::new(),
        ..order(19_900)
    };
    let payment = client.create(&order).await.unwrap();
    assert_eq!(payment.receipt, Some(ReceiptStatus::Pending));
    world.press("approve", &payment.id).await;
    let part = Capture {
        idempotence_key: random_key(),
        payment_id: payment.id.clone(),
        amount: CaptureAmount::Part {
            amount: rubles(9_900),
            description: String::new(),
        },
    };
    // The sandbox refuses a partial capture without a receipt, and a receipt that does not add up.
    let error = world.client().capture(&part).await.unwrap_err();
    assert!(error.to_string().contains("receipt"), "{error}");
    let payment = client.capture(&part).await.unwrap();
    assert_eq!(payment.receipt, Some(ReceiptStatus::Succeeded));
    let new = NewRefund {
        description: "ы".repeat(1_000),
        ..refund(&payment, 5_000)
    };
    let refund = client.refund(&new).await.unwrap();
    assert_eq!(refund.receipt, Some(ReceiptStatus::Succeeded));
}

#[tokio::test]
async fn receipts_are_made_only_if_configured() {
    let world = World::new().await;
    let paid = world.paid(&order(100)).await;
    assert_eq!(paid.receipt, None);
    let made = world.client().refund(&refund(&paid, 100)).await.unwrap();
    assert_eq!(made.receipt, None);
}
