//! docs/admin.md is executed: its calls are made in order, and their answers are those that it shows.

mod expected;
mod page;
mod shell;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use pg::{AdHoc, Type};
use serde_json::Value;
use testkit::{Answer, PASSWORD, TIMEOUT, User, World, unique};

use page::{Block, Kind};
use shell::{Command, Output, Request, Variables};

const PAGE: &str = include_str!("../../../../../docs/admin.md");

/// Titles, codes and keys of the page. The test appends a suffix of its own to each.
const NAMES: [&str; 22] = [
    "Pro, one month",
    "Pro launch",
    "20 % off Pro",
    "LAUNCH20",
    "launch-20",
    "Pro for 199",
    "PRIZE199",
    "Two weeks of Pro",
    "TRYPRO14",
    "Summer lunches",
    "LUNCH50",
    "Bloggers",
    "ALISA100",
    "MARK100",
    "Welcome to Pro",
    "WELCOME150",
    "Beta testers",
    "Thanks to the testers",
    "TESTERS249",
    "FORBORIS",
    "anna-refund-",
    "boris-outage-",
];

/// What the page says that is not so, and where.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn at(line: usize, what: impl fmt::Display) -> Failure {
        Failure(format!("docs/admin.md:{line}: {what}"))
    }
}

/// A call that was made.
struct Done {
    line: usize,
    request: Request,
    answer: Answer,
    /// Whether the page shows the answer.
    shown: bool,
}

struct Guide<'a> {
    world: &'a World,
    variables: Variables,
    files: BTreeMap<String, Vec<u8>>,
    last: Option<Done>,
    /// The rule that refused, if the page has just picked it from the last answer.
    refusal: Option<Value>,
}

impl Guide<'_> {
    async fn run(&mut self, block: &Block) -> Result<(), Failure> {
        if block.kind == Kind::Answer {
            return self.compare(block).await;
        }
        let lines: Vec<&str> = block.text.lines().collect();
        let mut rest = &lines[..];
        loop {
            let line = block.line + lines.len() - rest.len();
            let json = self.last.as_ref().map(|done| &done.answer.json);
            let command = shell::next(&mut rest, &mut self.variables, &self.files, json);
            let command = command.map_err(|what| Failure::at(line, what))?;
            match command {
                None => return Ok(()),
                Some(Command::Assigned) => (),
                Some(Command::File(name, bytes)) => drop(self.files.insert(name, bytes)),
                Some(Command::PickRefusal) => self.pick_refusal(line)?,
                Some(Command::Call(request, output)) => {
                    self.check_last()?;
                    self.call(line, request, output).await?;
                }
            }
        }
    }

    async fn call(&mut self, line: usize, request: Request, output: Output) -> Result<(), Failure> {
        // The buyer's click on the payment page, which is no call of the service.
        let is_service = request.url.starts_with(&self.world.settings.base_url);
        if let Some(page) = request.url.strip_suffix("/approve")
            && !is_service
        {
            self.world.sandbox.approve(page).await;
            self.last = None;
            return Ok(());
        }
        let answer = self.send(&request).await;
        let answer = answer.ok_or_else(|| Failure::at(line, "the URL begins with $API"))?;
        if let Output::File(name) = output {
            let problem = answer.status >= 400;
            let bytes = answer.body().as_bytes().to_vec();
            self.files.insert(name, bytes);
            return if problem {
                Err(Failure::at(line, answer))
            } else {
                Ok(())
            };
        }
        self.last = Some(Done {
            line,
            request,
            answer,
            shown: false,
        });
        Ok(())
    }

    fn pick_refusal(&mut self, line: usize) -> Result<(), Failure> {
        let last = self.last.as_ref().filter(|done| done.shown);
        let last = last.ok_or_else(|| Failure::at(line, "the answer is not shown before"))?;
        let outcomes = last.answer.json["outcomes"].as_array();
        let mut refusals = outcomes
            .into_iter()
            .flatten()
            .filter(|o| o["passed"] == false);
        match (refusals.next(), refusals.next()) {
            (Some(refusal), None) => self.refusal = Some(refusal.clone()),
            _ => return Err(Failure::at(line, "not exactly one rule refused")),
        }
        Ok(())
    }

    /// Makes the call. `None` if it is not to the service.
    async fn send(&self, request: &Request) -> Option<Answer> {
        let path = request.url.strip_prefix(&self.world.settings.base_url)?;
        let mut call = self.world.client.call(&request.method, path);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        if let Some(body) = &request.body {
            call = call.bytes(body.clone());
        }
        Some(call.send().await)
    }

    /// Compares the last answer with the one that is shown. A GET is repeated, since payments take a moment.
    async fn compare(&mut self, block: &Block) -> Result<(), Failure> {
        let expected = expected::parse(&block.text, block.line, &self.variables)?;
        if let Some(refusal) = self.refusal.take() {
            let difference = expected::difference(&expected, &refusal, "");
            return difference.map_or(Ok(()), |what| Err(Failure::at(block.line, what)));
        }
        let mut last = self.last.take();
        let started = Instant::now();
        loop {
            let done = last.as_mut().filter(|done| !done.shown);
            let done = done.ok_or_else(|| Failure::at(block.line, "there is no call before"))?;
            let answer = &done.answer;
            let difference = expected::difference(&expected, &answer.json, "");
            if answer.status >= 400 && expected["code"] != answer.json["code"] {
                return Err(Failure::at(done.line, answer));
            }
            let Some(difference) = difference else {
                done.shown = true;
                break;
            };
            if done.request.method != "GET" || started.elapsed() > TIMEOUT {
                return Err(Failure::at(block.line, format!("{difference}\n{answer}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Some(answer) = self.send(&done.request).await {
                done.answer = answer;
            }
        }
        self.last = last;
        Ok(())
    }

    /// Checks that a call whose answer is not shown succeeded.
    fn check_last(&self) -> Result<(), Failure> {
        match &self.last {
            Some(done) if !done.shown && done.answer.status >= 400 => {
                Err(Failure::at(done.line, &done.answer))
            }
            _ => Ok(()),
        }
    }
}

/// The page with the names, addresses and passwords of this test.
fn own_page(world: &World, suffix: &str, accounts: [(&str, &str, &User); 5]) -> String {
    let mut own = vec![("http://127.0.0.1:8000", world.settings.base_url.clone())];
    for (email, password, user) in accounts {
        own.extend([(email, user.email.clone()), (password, PASSWORD.to_owned())]);
    }
    own.push(("nobody@demo.example", format!("{suffix}@example.com")));
    own.extend(NAMES.map(|name| (name, format!("{name}{suffix}"))));
    let mut page = PAGE.to_owned();
    for (name, replacement) in own {
        assert!(PAGE.contains(name), "{name} is not in docs/admin.md");
        page = page.replace(name, &replacement);
    }
    page
}

/// Withdraws what has the suffix, or it would be on every buyer's list.
async fn withdraw(world: &World, suffix: &str) {
    let like = format!("%{suffix}");
    for table in ["promotions", "tariffs", "campaigns"] {
        let sql = format!("UPDATE {table} SET status = 'archived' WHERE title LIKE $1");
        let params: [pg::Param; 1] = [(&like, Type::TEXT)];
        world.loyalty.execute(&sql, &params).await.unwrap();
    }
}

#[tokio::test]
async fn admin_guide_shows_what_happens() {
    let world = World::new().await;
    let (marketer, admin) = (world.staff("marketer").await, world.staff("admin").await);
    let (support, anna, boris) = (
        world.staff("support").await,
        world.user().await,
        world.user().await,
    );
    let suffix = &unique("")[..12];
    let accounts = [
        ("marketer@demo.example", "garnet-orchard-85", &marketer),
        ("admin@demo.example", "harbour-lantern-41", &admin),
        ("support@demo.example", "velvet-compass-96", &support),
        ("anna@demo.example", "meadow-kettle-52", &anna),
        ("boris@demo.example", "copper-saddle-63", &boris),
    ];
    let page = own_page(&world, suffix, accounts);
    let mut guide = Guide {
        world: &world,
        variables: Variables::default(),
        files: BTreeMap::new(),
        last: None,
        refusal: None,
    };
    let executed = async {
        for block in page::blocks(&page)? {
            guide.run(&block).await?;
        }
        guide.check_last()
    };
    let executed: Result<(), Failure> = executed.await;
    withdraw(&world, suffix).await;
    if let Err(Failure(what)) = executed {
        panic!("{what}");
    }
    world.finish().await;
}
