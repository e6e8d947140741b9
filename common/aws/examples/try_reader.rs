//! Throwaway.
#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout)]
use plumbline_aws::{accounts, reader::Reader, session::*, store, history};
use plumbline_core::{fact::*, facts::*, event::ItemSummary};
#[tokio::main]
async fn main() {
    let options = SessionOptions { profile: None, region: Some("us-east-1".into()) };
    let base = Session::load(options).await;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let start = std::time::Instant::now();
    let show = |key: &Key, answer: &Answer<Fact>| match answer {
        Ok(f) => { let j = f.to_json().unwrap().to_string(); println!("OK  {key}: {}", j.chars().take(std::env::var("WIDE").map_or(300, |w| w.parse().unwrap())).collect::<String>()) },
        Err(u) => println!("ERR {key}: {:?} {} | {} | {:?} | {:?}", u.cause, u.code, u, u.message, u.request_id),
    };
    match args[0].as_str() {
        "caller" => { match base.caller().await { Ok(c) => println!("{c:?}"), Err(e) => println!("{:?}\n{e}", e.0) } }
        "regions" => println!("{:?}", accounts::enabled_regions(&base, "us-east-1").await.map_err(|e| e.to_string())),
        "accounts" => println!("{:?}", accounts::organization_accounts(&base).await.map_err(|e| e.to_string())),
        "doc" => println!("{:?}", store::read_document(&base, &args[1]).await.map(|d| d.len()).map_err(|e| e.to_string())),
        "history" => { let s: ItemSummary = serde_json::from_str(&args[1]).unwrap(); println!("{:?}", history::latest_item(&base, "us-east-1", &s).await.map_err(|e| e.to_string())); }
        "read" | "one" => {
            let mut session = base.clone();
            let (account, partition);
            if let Ok(role) = std::env::var("ROLE") {
                let id = plumbline_core::aws::AccountId::new(std::env::var("ROLE_ACCOUNT").unwrap()).unwrap();
                session = base.assume(&id, Default::default(), &RoleName::new(&role).unwrap(), None);
                account = id; partition = Default::default();
            } else if let Ok(id) = std::env::var("ACCOUNT") {
                account = plumbline_core::aws::AccountId::new(id).unwrap(); partition = Default::default();
            } else { let c = base.caller().await.unwrap(); account = c.account; partition = c.partition; }
            let reader = Reader::new(session, account, partition, "us-east-1");
            if args[0] == "one" {
                let kind: Kind = serde_json::from_str(&format!("\"{}\"", args[1])).unwrap();
                let key = Key { kind, region: args.get(2).cloned().unwrap_or_default(), id: args.get(3).cloned().unwrap_or_default() };
                show(&key, &*reader.read(&key).await);
            } else {
                for kind in [Kind::AccountSummary, Kind::CredentialReport, Kind::Users, Kind::Buckets, Kind::Trails] { reader.read(&Key::account(kind)).await; }
                let mut keys = vec![Key::region(Kind::SecurityGroups, "us-east-1"), Key::region(Kind::SecurityGroups, "eu-west-1")];
                for (_, answer) in reader.facts().iter() { match answer {
                    Ok(Fact::Buckets(b)) => keys.extend(b.0.iter().map(|b| Key::resource(Kind::BucketVersioning, b.region.clone(), b.name.clone()))),
                    Ok(Fact::Trails(t)) => for t in &t.0 { for k in [Kind::TrailSettings, Kind::TrailStatus, Kind::TrailSelectors] { keys.push(Key::resource(k, t.home_region.clone(), t.arn.clone())); } },
                    _ => {} } }
                let mut set = tokio::task::JoinSet::new();
                for k in keys { let r = reader.clone(); set.spawn(async move { r.read(&k).await; }); }
                while set.join_next().await.is_some() {}
                let mut more = vec![];
                for (_, answer) in reader.facts().iter() { if let Ok(Fact::SecurityGroups(g)) = answer { for g in &g.0 { for r in g.ingress.iter().chain(&g.egress) { for p in &r.prefix_lists { more.push(Key::resource(Kind::PrefixListEntries, g.region.clone(), p.clone())); } } } } }
                for k in more { reader.read(&k).await; }
                for (k, a) in reader.facts().iter() { show(k, a); }
            }
        }
        _ => {}
    }
    println!("calls={} attempts={} {:?}", base.calls(), base.attempts(), start.elapsed());
}
