//! Whether anything becomes slower as the tables fill: `cargo local bench --only growth`. The service and its statements
//! are measured with few rows and with many, each in turns with the least read or write, so that what is compared is how
//! many times as long as these they take, however fast the machine is at that moment.

mod rows;

use std::time::{Duration, Instant};

use crate::Result;
use crate::capture::{Captured, capture, hold};
use crate::case::Case;
use crate::measure::{Done, Plan, Row};
use crate::options::Options;
use crate::report::{self, Goal};
use crate::world::{Subjects, World};

/// What `--only` has to begin with.
pub const NAME: &str = "growth";

/// How many times as long anything may take.
const AT_MOST: f64 = 1.3;
/// Under how many connections it is measured.
const CONNECTIONS: u64 = 16;
/// Users with many purchases can each apply only once, so they are few: they do so this often, and take it back in between.
const ROUNDS: u32 = 20;

/// Fills the tables and measures.
///
/// # Errors
/// When a request or a statement fails.
pub async fn run(world: &World, options: &Options) -> Result<Vec<Goal>> {
    world.loyalty.run(&rows::few_codes()).await?;
    let growth = Growth { world, options };
    let mut goals = growth.codes().await?;
    goals.extend(growth.uses().await?);
    goals.extend(growth.purchases().await?);
    Ok(goals)
}

struct Growth<'a> {
    world: &'a World,
    options: &'a Options,
}

impl Growth<'_> {
    /// Many promo codes beside those that are asked for.
    async fn codes(&self) -> Result<Vec<Goal>> {
        const CASES: [Case; 3] = [Case::List, Case::ApplySpread, Case::Repeat];
        let codes = rows::Codes::scaled(self.options.scale);
        self.settle().await?;
        println!(
            "\n{} promo codes, none of a batch\n{}",
            rows::SHARED,
            report::HEADING
        );
        let few = self.rows(&CASES).await?;
        let many = format!("{} promo codes", codes.total());
        self.fill(&many, rows::add_codes(self.world, codes)).await?;
        let rows = self.rows(&CASES).await?;
        let pairs = few.iter().zip(&rows);
        Ok(pairs
            .map(|(few, many_rows)| goal(&format!("with {many}"), many_rows, few))
            .collect())
    }

    /// A code that was used very often.
    async fn uses(&self) -> Result<Vec<Goal>> {
        const CASES: [Case; 4] = [
            Case::ApplyPopular,
            Case::ApplyNew,
            Case::RepeatPopular,
            Case::RepeatNew,
        ];
        let uses = rows::Uses::scaled(self.options.scale);
        let what = format!("{} past uses and {} open holds", uses.past, uses.open);
        self.fill(&what, rows::add_uses(self.world, uses)).await?;
        let rows = self.rows(&CASES).await?;
        let pairs = rows.chunks_exact(2);
        Ok(pairs
            .map(|pair| goal(&format!("with {what}"), &pair[0], &pair[1]))
            .collect())
    }

    /// Users who have bought much.
    async fn purchases(&self) -> Result<Vec<Goal>> {
        const CASES: [Case; 3] = [Case::List, Case::ApplySpread, Case::Repeat];
        let purchases = rows::Purchases::scaled(self.options.scale);
        let what = format!("{} past purchases", purchases.each);
        let many = self.world.take(purchases.users);
        let all = format!("{what} of each of {} users", purchases.users);
        self.fill(&all, rows::add_purchases(self.world, purchases, many))
            .await?;
        let none = self.world.take(purchases.users);
        self.world.add_users(none).await?;
        let captured = capture(self.world, &CASES).await?;
        let of = |case: Case| captured.iter().find(|captured| captured.case == case);
        let apply = of(Case::ApplySpread).ok_or("not captured")?;
        let mut goals = vec![
            self.apply_again_and_again(&what, apply, [many, none])
                .await?,
        ];
        for subjects in [many, none] {
            hold(self.world, Case::ApplySpread, subjects, &captured).await?;
        }
        for case in [Case::List, Case::Repeat] {
            let of = of(case).ok_or("not captured")?;
            let many = self.row(&captured, of, Some(many)).await?;
            let none = self.row(&captured, of, Some(none)).await?;
            goals.push(goal(&format!("with {what}"), &many, &none));
        }
        Ok(goals)
    }

    /// The statements of applying, for the same few users again and again.
    async fn apply_again_and_again(
        &self,
        what: &str,
        apply: &Captured,
        groups: [Subjects; 2],
    ) -> Result<Goal> {
        let mut done = [Done::default(); 2];
        for _ in 0..ROUNDS {
            for (subjects, done) in groups.iter().zip(&mut done) {
                let clients = 4.min(subjects.count);
                let times = subjects.count / clients;
                let pooler = &self.world.loyalty.pooler;
                let pgbench = &self.world.pgbench;
                let rate = pgbench
                    .run(pooler, &apply.script, *subjects, clients, times)
                    .await?;
                done.add((clients * times) as f64, rate);
                rows::take_back(self.world, *subjects).await?;
            }
        }
        let [many, none] = done.map(Done::rate);
        let times = none / many;
        Ok(Goal {
            text: format!(
                "{NAME}: {} with {what}: its statements {times:.2} times as long (at most {AT_MOST:.2})",
                apply.case.name()
            ),
            met: times <= AT_MOST,
        })
    }

    async fn fill(&self, what: &str, filling: impl Future<Output = Result<()>>) -> Result<()> {
        let started = Instant::now();
        filling.await?;
        let filled = started.elapsed();
        self.settle().await?;
        println!(
            "\n{what}: filled in in {:.0} s, then vacuumed and analysed in {:.0} s\n{}",
            filled.as_secs_f64(),
            (started.elapsed() - filled).as_secs_f64(),
            report::HEADING
        );
        Ok(())
    }

    /// What is written later is written before the measurement.
    async fn settle(&self) -> Result<()> {
        self.world.loyalty.run("VACUUM ANALYZE").await?;
        self.world.loyalty.checkpoint().await
    }

    async fn rows(&self, cases: &[Case]) -> Result<Vec<Row>> {
        let captured = capture(self.world, cases).await?;
        let mut rows = Vec::new();
        for of in &captured {
            rows.push(self.row(&captured, of, None).await?);
        }
        Ok(rows)
    }

    async fn row(
        &self,
        captured: &[Captured],
        of: &Captured,
        subjects: Option<Subjects>,
    ) -> Result<Row> {
        let plan = Plan {
            world: self.world,
            captured,
            of,
            connections: CONNECTIONS,
            length: Duration::from_secs(self.options.seconds),
            subjects,
        };
        let row = plan.row(None).await?;
        report::print(&row);
        Ok(row)
    }
}

/// How many times as long it takes as in `before`, where the least read or write takes as long.
fn goal(what: &str, row: &Row, before: &Row) -> Goal {
    let times = |share: fn(&Row) -> Option<f64>| {
        let shares = share(before).zip(share(row));
        shares.map_or(f64::NAN, |(before, now)| before / now)
    };
    let service = times(Row::share_of_least);
    let statements = times(Row::floor_share_of_least);
    Goal {
        text: format!(
            "{NAME}: {} {what}: {service:.2} times as long, its statements {statements:.2} (at most {AT_MOST:.2})",
            row.case.name()
        ),
        met: service <= AT_MOST && statements <= AT_MOST,
    }
}
