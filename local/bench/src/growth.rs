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
use crate::subjects::Subjects;
use crate::world::World;

/// What `--only` has to begin with.
pub const NAME: &str = "growth";

/// How many times as long anything may take.
const AT_MOST: f64 = 1.3;
/// Under how many connections it is measured.
const CONNECTIONS: u64 = 16;
/// Each is measured so often, and the median counts: what else the machine does lasts longer than one measurement.
const TURNS: usize = 3;
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
        let pairs = rows.iter().zip(&few);
        // The two were measured minutes apart, and the machine may be faster in one of them.
        Ok(pairs
            .map(|(rows, few)| {
                goal(
                    &many,
                    rows,
                    few,
                    Row::share_of_least,
                    Row::floor_share_of_least,
                )
            })
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
        let captured = capture(self.world, &CASES).await?;
        let mut goals = Vec::new();
        for pair in captured.chunks_exact(2) {
            let sides = [(&pair[0], None), (&pair[1], None)];
            goals.push(self.in_turns(&what, &captured, sides).await?);
        }
        Ok(goals)
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
            let sides = [(of, Some(many)), (of, Some(none))];
            goals.push(self.in_turns(&what, &captured, sides).await?);
        }
        Ok(goals)
    }

    /// Measures what has grown and what has not in turns, and compares.
    async fn in_turns(
        &self,
        what: &str,
        captured: &[Captured],
        sides: [(&Captured, Option<Subjects>); 2],
    ) -> Result<Goal> {
        let (mut grown, mut other) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            for ((of, subjects), rows) in sides.into_iter().zip([&mut grown, &mut other]) {
                rows.push(self.row(captured, of, subjects).await?);
            }
        }
        print_median(&grown);
        print_median(&other);
        let rate = |row: &Row| Some(row.rate);
        Ok(goal(what, &grown, &other, rate, |row| row.floor))
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

    /// Each of the cases, so often.
    async fn rows(&self, cases: &[Case]) -> Result<Vec<Vec<Row>>> {
        let captured = capture(self.world, cases).await?;
        let mut all = Vec::new();
        for of in &captured {
            let mut rows = Vec::new();
            for _ in 0..TURNS {
                rows.push(self.row(&captured, of, None).await?);
            }
            print_median(&rows);
            all.push(rows);
        }
        Ok(all)
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
        plan.row(None).await
    }
}

/// Prints the row with the median rate.
fn print_median(rows: &[Row]) {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    if let Some(row) = rows.get(rows.len() / 2) {
        report::print(row);
    }
}

/// How many times as long what has grown takes as the other, in the median of their turns, by the rates of the service and
/// of its statements alone.
fn goal(
    what: &str,
    grown: &[Row],
    other: &[Row],
    service: impl Fn(&Row) -> Option<f64>,
    statements: impl Fn(&Row) -> Option<f64>,
) -> Goal {
    let [service, statements] = [
        times(grown, other, service),
        times(grown, other, statements),
    ];
    let name = grown.first().map_or("", |row| row.case.name());
    Goal {
        text: format!(
            "{NAME}: {name} with {what}: {service:.2} times as long, its statements {statements:.2} (at most {AT_MOST:.2})"
        ),
        met: service <= AT_MOST && statements <= AT_MOST,
    }
}

fn times(grown: &[Row], other: &[Row], rate: impl Fn(&Row) -> Option<f64>) -> f64 {
    let turns = other.iter().zip(grown);
    let rates = turns.filter_map(|(other, grown)| rate(other).zip(rate(grown)));
    let mut times: Vec<f64> = rates.map(|(other, grown)| other / grown).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
