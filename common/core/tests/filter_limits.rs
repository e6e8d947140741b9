//! The longest and nastiest patterns are decided or given up, never hung on. Nothing is timed here; `--nocapture` prints how long each takes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may fail so, in its helpers too")]

use std::time::Instant;

use plumbline_core::filter::{Coverage, Pattern, covers, required};

const LONGEST: usize = 1_024;

/// As many parts as fit into a pattern.
fn fill(start: &str, operator: &str, end: &str, part: impl Fn(usize) -> String) -> Pattern {
    let mut text = format!("{{{start}{}", part(0));
    for number in 1.. {
        let part = part(number);
        if text.len() + operator.len() + part.len() + end.len() + 1 > LONGEST {
            break;
        }
        text.push_str(operator);
        text.push_str(&part);
    }
    text.push_str(end);
    text.push('}');
    Pattern::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A name of two letters.
fn name(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    format!("{}{}", letter(number / 26), letter(number))
}

fn pigeons(pigeons: usize, holes: usize) -> String {
    // A place per pigeon and hole; present means that the pigeon sits there. This formula says: every pigeon sits, and no two share a hole.
    let sits = |pigeon: usize, hole: usize| format!("$.{}", name(pigeon * holes + hole));
    let mut parts = Vec::new();
    for pigeon in 0..pigeons {
        parts.push((0..holes).map(|hole| format!("{}=*", sits(pigeon, hole))).collect::<Vec<_>>().join("||"));
    }
    for hole in 0..holes {
        for first in 0..pigeons {
            for second in first + 1..pigeons {
                parts.push(format!("{} NOT EXISTS||{} NOT EXISTS", sits(first, hole), sits(second, hole)));
            }
        }
    }
    format!("{{({})}}", parts.join(")&&("))
}

fn nasty() -> Vec<(&'static str, Pattern, Vec<Pattern>)> {
    let baseline = |id: &str| required(id).unwrap().baseline();
    let parse = |text: &str| Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let everything = Pattern::default();
    let mut cases = Vec::new();
    let mut add = |what, required: &Pattern, candidates: Vec<Pattern>| cases.push((what, required.clone(), candidates));
    let infixes = fill("", "||", "", |number| format!("$.errorCode=*{}*", name(number)));
    add("infixes of one member", &baseline("4.1"), vec![infixes.clone()]);
    add("infixes as the required", &infixes, vec![infixes.clone()]);
    add("infixes of a listed name", &baseline("4.15"), vec![fill("", "||", "", |number| format!("$.eventName=*{}*", name(number)))]);
    let split = fill("", "||", "", |number| format!("$.a=*{}*{}*", name(number), name(number + 7)));
    add("inner asterisks", &split, vec![fill("", "||", "", |number| format!("$.a=*{}*", name(number)))]);
    add("one value of asterisks", &parse(&format!("{{$.a={}}}", "a*".repeat(500))), vec![parse(&format!("{{$.a={}}}", "b*".repeat(500)))]);
    add(
        "many members",
        &fill("", "&&", "", |number| format!("($.{0}=1||$.{0}=2)", name(number))),
        vec![fill("", "||", "", |number| format!("$.{}=3", name(number)))],
    );
    add(
        "pairs",
        &fill("", "&&", "", |number| format!("($.{}=1||$.{}=1)", name(number), name(number + 1))),
        vec![fill("", "||", "", |number| format!("$.{}=1&&$.{}=1", name(number), name(number + 1)))],
    );
    add(
        "pairs far apart",
        &fill("", "&&", "", |number| format!("($.{}=1||$.{}=1)", name(number), name(number * 7 % 31))),
        vec![fill("", "||", "", |number| format!("$.{}=1&&$.{}=1", name(number * 5 % 31), name(number * 11 % 31)))],
    );
    for holes in 2..5 {
        let text = pigeons(holes + 1, holes);
        if text.len() <= LONGEST {
            add("pigeons", &everything, vec![parse(&text)]);
        }
    }
    add(
        "seven of two",
        &baseline("4.15"),
        vec![fill("", "&&", "", |number| {
            format!("($.{}=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa||$.{}=bbbbbbbbbbbbbbbbbbbbbbbbbbb)", name(2 * number), name(2 * number + 1))
        })],
    );
    add(
        "truisms",
        &baseline("4.5"),
        vec![fill("($.eventName=*Trail||$.eventName=St*)&&", "&&", "", |number| {
            format!("($.{0} NOT EXISTS||$.{0}=*||$.{0} IS NULL||$.{0} IS TRUE||$.{0} IS FALSE)", name(number))
        })],
    );
    add("alternating nesting", &everything, vec![parse(&format!("{{{}$.zz=1{}}}", "$.a=1&&($.b=1||(".repeat(55), "))".repeat(55)))]);
    add("parentheses", &everything, vec![parse(&format!("{{{}$.a=b{}}}", "(".repeat(500), ")".repeat(500)))]);
    let wild = fill("$.*=1&&$.*.x!=2&&$.*.y[0] IS NULL&&", "&&", "", |number| format!("$.{}.y[{}]=1", name(number), number % 9));
    add("wildcards over many", &wild, vec![fill("$.*=3||$.*.x=3||$.*.y[1] IS NULL||", "||", "", |number| format!("$.{}.y[{}]!=1", name(number), number % 9))]);
    add(
        "wildcards in many places",
        &parse("{$.a[*].b=1&&$.a[*].c=2&&$.a[*] IS NULL}"),
        vec![
            parse("{$.a[*].b=1&&$.a[*].c=2&&$.a[*].d NOT EXISTS}"),
            parse("{$.a[*].b=1&&$.a[3].c!=2&&$.a[*].d=5&&$.a IS NULL}"),
            parse("{$.a[16].b=1||$.a[*].c>2||$.a.b=1}"),
        ],
    );
    add("wildcards of wildcards", &parse("{$.a[*][*][*]=1}"), vec![parse("{$.a[*][*][*]=2||$.a[0][0][0]=1}")]);
    add("elements far back", &parse("{$.a[99999999]=1&&$.a[*]!=2}"), vec![parse("{$.a[999999998]=1}")]);
    add(
        "long regular expressions",
        &parse(&format!("{{$.a=%{}%&&$.a=%[ab]{{800}}c%}}", "[abc]?".repeat(150))),
        vec![parse("{$.a=%a{400}b{400}%||$.a=%[a-z]{1,99}x.{50}y%}")],
    );
    add("regular expressions that remember", &parse("{$.a=%a.{20}b%&&$.a=%b.{19}c%}"), vec![parse("{$.a=%c.{18}d%||$.a=%d.{17}e%}")]);
    add("many numbers", &fill("", "||", "", |number| format!("$.a={number}")), vec![fill("", "||", "", |number| format!("$.a<{}.5", number * 3))]);
    add("numbers and spellings", &fill("", "||", "", |number| format!("$.a<{number}")), vec![fill("", "||", "", |number| format!("$.a=*{number}"))]);
    add("distant numbers", &parse("{$.a>1e-999999999&&$.a<1e999999999&&$.a!=1e-99999}"), vec![parse("{$.a>1e-300||$.a<1e300}")]);
    add("many filters", &baseline("4.15"), (0..100).map(|shift| fill("", "||", "", |number| format!("$.eventName=*{}", name(number * 3 + shift)))).collect());
    add(
        "many filters on many members",
        &baseline("4.15"),
        (0..50).map(|shift| fill("", "&&", "", |number| format!("($.{}={shift}||$.{}={shift})", name(number * 3 + shift), name(number * 7 + shift)))).collect(),
    );
    add(
        "one filter per name and Region",
        &baseline("4.15"),
        (0..100).map(|number| parse(&format!("{{$.eventName=*{}*&&$.awsRegion=*{}*}}", name(number), name(number * 5)))).collect(),
    );
    // Seven pigeons in six holes: every place is 0 or 1, and the filters match when a pigeon sits nowhere or when two share a hole.
    let sits = |pigeon: usize, hole: usize| format!("$.{}", name(pigeon * 6 + hole));
    let zero_or_one: Vec<String> = (0..42).map(|place| format!("($.{0}=0||$.{0}=1)", name(place))).collect();
    let mut filters: Vec<Pattern> =
        (0..7).map(|pigeon| parse(&format!("{{{}}}", (0..6).map(|hole| format!("{}=0", sits(pigeon, hole))).collect::<Vec<_>>().join("&&")))).collect();
    for hole in 0..6 {
        for pair in (0..7).flat_map(|first| (first + 1..7).map(move |second| (first, second))) {
            filters.push(parse(&format!("{{{}=1&&{}=1}}", sits(pair.0, hole), sits(pair.1, hole))));
        }
    }
    add("pigeons in many filters", &parse(&format!("{{{}}}", zero_or_one.join("&&"))), filters);
    let two: Vec<Pattern> =
        (0..280).map(|number| parse(&format!("{{$.{}=1&&$.{}=1}}", name(2 * number), name(2 * number + 1)))).chain([parse("{$.zz=1}")]).collect();
    add("many choices", &parse("{$.zz=1||$.zz=2}"), two);
    cases
}

#[test]
fn nothing_hangs() {
    for (what, required, candidates) in nasty() {
        let start = Instant::now();
        let verdict = covers(&required, &candidates);
        println!(
            "{:7.1} ms  {what}: {}",
            start.elapsed().as_secs_f64() * 1e3,
            match &verdict {
                Coverage::Undetermined { why } => why,
                other => other.as_str(),
            }
        );
    }
}

#[test]
fn what_is_long_but_plain_is_decided() {
    let verdict = |what: &str| {
        let (_, required, candidates) = nasty().into_iter().find(|(name, ..)| *name == what).unwrap();
        covers(&required, &candidates)
    };
    for what in ["infixes of a listed name", "many members", "seven of two", "many filters", "parentheses", "many filters on many members"] {
        assert_eq!(verdict(what).as_str(), "misses", "{what}");
    }
    assert_eq!(verdict("truisms").as_str(), "misses", "an object is none of these");
}
