//! A shop for a single test.

use std::sync::Arc;

use payment_sandbox::{Sandbox, router};
use payments::{Config, YooKassa};
use pg::{AdHoc, Param, Type};
use runtime::{OsRandom, SystemClock};
use serde_json::{Value, json};
use testkit::{Answer, Client, Promo, PromoSpec, Settings, Tariff, User, World, scratch, unique};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::purchases::crash::TIMEOUT;
use crate::purchases::program::{Program, Running};
use crate::support::proxy::{Proxy, server};
use crate::support::until;

/// The price with the code, in kopecks.
pub const TOTAL_MINOR: i64 = 19_900;

pub struct Shop {
    pub world: World,
    /// The database and the payment provider, as the program that is killed reaches them.
    pub database: Proxy,
    pub payments: Proxy,
    killed: Program,
    straight: Vec<(&'static str, String)>,
    gateway: Option<Running>,
    worker: Option<Running>,
}

/// Someone who is about to buy for 199 roubles with a one-time code.
pub struct Buyer {
    pub user: User,
    pub tariff: Tariff,
    pub promo: Promo,
    key: String,
}

impl Shop {
    /// A shop with both programs running. `killed` is the one that is going to be killed.
    pub async fn new(killed: Program) -> Shop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox_url = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings {
            loyalty_url: scratch::loyalty_url().await,
            sandbox_url: sandbox_url.clone(),
            ..Settings::from_env()
        };
        let sandbox = payment_sandbox::Settings {
            shop_id: settings.shop_id.clone(),
            secret_key: settings.shop_key.clone(),
            public_url: sandbox_url.clone(),
            // The test sends each webhook itself.
            webhook_url: None,
            state_file: None,
        };
        let sandbox = Sandbox::start(sandbox, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap();
        tokio::spawn(async move { axum::serve(listener, router(sandbox)).await.unwrap() });
        let mut shop = Shop {
            database: Proxy::to(server(&settings.loyalty_url)).await,
            payments: Proxy::to(server(&sandbox_url)).await,
            straight: vec![
                ("LOYALTY_DATABASE_URL", settings.loyalty_url.clone()),
                ("PAYMENT_API_URL", format!("{sandbox_url}/v3")),
                // User statuses play no part here, so there is no broker.
                ("AMQP_URL", "amqp://127.0.0.1:1".to_owned()),
                ("RUST_LOG", "info".to_owned()),
            ],
            world: World::on(settings).await,
            killed,
            gateway: None,
            worker: None,
        };
        shop.start().await;
        shop
    }

    /// Starts the programs that are not running.
    pub async fn start(&mut self) {
        if self.gateway.is_none() {
            self.gateway = Some(self.start_one(Program::Gateway, &[]).await);
        }
        if self.worker.is_none() {
            self.worker = Some(self.start_one(Program::Worker, &[]).await);
        }
    }

    /// Restarts the gateway with other settings.
    pub async fn restart_gateway(&mut self, variables: &[(&'static str, String)]) {
        self.gateway = Some(self.start_one(Program::Gateway, variables).await);
    }

    async fn start_one(&self, program: Program, more: &[(&'static str, String)]) -> Running {
        let mut variables = self.straight.clone();
        if program == self.killed {
            variables[0].1 = self.database.instead(&variables[0].1);
            variables[1].1 = self.payments.instead(&variables[1].1);
        }
        variables.extend_from_slice(more);
        program.start(&variables).await
    }

    /// Kills the program with SIGKILL. What the proxies hold back is lost.
    pub async fn kill(&mut self) {
        let running = match self.killed {
            Program::Gateway => self.gateway.take(),
            Program::Worker => self.worker.take(),
        };
        running.unwrap().kill().await;
        self.database.drop_connections();
        self.payments.drop_connections();
    }

    pub fn client(&self) -> Client {
        Client::new(self.gateway.as_ref().unwrap().url.clone())
    }

    /// A client of the provider, with the shop's own key.
    pub fn provider(&self) -> YooKassa {
        let of = &self.world.settings;
        let url = format!("{}/v3", of.sandbox_url);
        let config = Config::new(&url, &of.shop_id, &of.shop_key, "https://shop.example/");
        YooKassa::new(config.unwrap()).unwrap()
    }

    /// A new buyer. `words` script the provider.
    pub async fn buyer(&self, words: &str) -> Buyer {
        let spec = PromoSpec {
            total_limit: Some(1),
            ..PromoSpec::default()
        };
        Buyer {
            user: self.world.stranger("user").await,
            tariff: self.world.tariff_named(29_900, words).await,
            promo: self.world.promo(spec).await,
            key: unique("purchase-"),
        }
    }

    /// Sends the service a webhook about a payment.
    pub async fn webhook(&self, event: &str, payment: &Value) -> Answer {
        self.world
            .sandbox
            .webhook(&self.client(), event, payment.clone())
            .await
    }

    /// The only payment that the provider has for this buyer.
    pub async fn payment(&self, buyer: &Buyer) -> Value {
        let mut payments = self.world.sandbox.payments_for(&buyer.tariff.title).await;
        assert_eq!(payments.len(), 1, "{payments:#?}");
        payments.remove(0)
    }

    /// Makes everything that is scheduled due now.
    pub async fn make_due(&self) {
        for sql in [
            "UPDATE purchases SET check_at = now() WHERE status = 'pending'",
            "UPDATE refunds SET check_at = now() WHERE status = 'pending'",
            "UPDATE applications SET expires_at = now() WHERE state = 'applied'",
        ] {
            self.world.loyalty.execute(sql, &[]).await.unwrap();
        }
    }

    /// Waits until the sweeper has settled everything that is open, however often it has to poll.
    pub async fn sweep(&self) {
        until("all is settled", TIMEOUT, async || {
            self.make_due().await;
            let sql = "SELECT (SELECT count(*) FROM purchases WHERE status = 'pending')
                + (SELECT count(*) FROM refunds WHERE status = 'pending')
                + (SELECT count(*) FROM applications WHERE state IN ('applied', 'paying'))";
            let open = self.world.loyalty.row(sql, &[]).await.unwrap();
            open.unwrap().get::<_, i64>(0) == 0
        })
        .await;
    }

    /// The payments less the refunds of the buyer's purchases, in kopecks, which the ledger and the provider must agree
    /// on.
    pub async fn balance(&self, buyer: &Buyer) -> i64 {
        let sql = "SELECT coalesce(sum(l.amount_minor), 0)::bigint FROM ledger l
            JOIN purchases b ON b.id = l.purchase_id WHERE b.user_id = $1";
        let params: [Param; 1] = [(&buyer.user.id, Type::UUID)];
        let row = self.world.loyalty.row(sql, &params).await.unwrap().unwrap();
        let here: i64 = row.get(0);
        let payments = self.world.sandbox.payments_for(&buyer.tariff.title).await;
        let paid = payments
            .iter()
            .filter(|payment| payment["status"] == "succeeded");
        let there: i64 = paid
            .map(|payment| minor(&payment["amount"]) - minor(&payment["refunded_amount"]))
            .sum();
        assert_eq!(
            here, there,
            "the ledger and the provider disagree: {payments:#?}"
        );
        here
    }

    /// Checks that `taken` uses of the code are held or used, and that the audit finds nothing.
    pub async fn adds_up(&self, buyer: &Buyer, taken: i64) {
        assert_eq!(self.world.taken(&buyer.promo).await, taken, "uses taken");
        let store = loyalty_store::LoyaltyStore::new(self.world.loyalty.clone());
        let contradictions = store.contradictions(None).await.unwrap();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
    }

    pub async fn finish(self) {
        // There is no broker here to publish the events to.
        let sql = "UPDATE outbox SET published_at = now() WHERE published_at IS NULL";
        self.world.loyalty.execute(sql, &[]).await.unwrap();
        self.world.finish().await;
    }
}

fn minor(amount: &Value) -> i64 {
    let text = amount["value"].as_str().unwrap_or("0.00");
    text.replace('.', "").parse().unwrap()
}

impl Buyer {
    /// Buys; each call returns the same purchase.
    pub async fn buy(&self, client: &Client) -> Answer {
        let (code, tariff) = (&self.promo.code, self.tariff.id);
        let path = format!("/use_promocode?promocode={code}&tariff={tariff}");
        let call = client.call("POST", &path).bearer(&self.user.access_token);
        call.header("idempotency-key", &self.key).send().await
    }

    /// Forgets the purchase, so that the next call makes another.
    pub fn start_anew(&mut self) {
        self.key = unique("purchase-");
    }

    pub async fn purchase(&self, client: &Client, id: Uuid) -> Value {
        let call = client.call("GET", &format!("/purchases/{id}"));
        let answer = call.bearer(&self.user.access_token).send().await;
        answer.success(200).clone()
    }

    /// Buys, and pays at the provider, which sends no webhook.
    pub async fn pay(&self, shop: &Shop) -> Uuid {
        let bought = self.buy(&shop.client()).await;
        bought.success(201);
        shop.world
            .sandbox
            .approve(bought.text("confirmation_url"))
            .await;
        bought.uuid("purchase_id")
    }
}

/// Refunds a purchase in full as an administrator; each call is the same refund.
pub async fn refund(client: &Client, admin: &User, purchase: Uuid) -> Answer {
    let call = client.call("POST", &format!("/admin/purchases/{purchase}/refunds"));
    let call = call
        .bearer(&admin.access_token)
        .header("idempotency-key", "the-one");
    call.json(&json!({ "reason": "Asked for by the buyer" }))
        .send()
        .await
}
