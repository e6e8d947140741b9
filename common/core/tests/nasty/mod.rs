//! The longest and most difficult known patterns. A test decides all of them, and a bench measures
//! how long each takes.

use plumbline_core::filter::{Pattern, required};

const LONGEST: usize = 1_024;

/// As many parts as a pattern can contain.
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

/// A name of three letters.
fn letters(number: usize) -> String {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    format!("{}{}{}", letter(number / 676), letter(number / 26), letter(number))
}

fn pigeons(pigeons: usize, holes: usize) -> String {
    // A place for each pigeon and hole; present means that the pigeon is in the hole. The formula
    // states: every pigeon has a hole, and no two share one.
    let sits = |pigeon: usize, hole: usize| format!("$.{}", name(pigeon * holes + hole));
    let mut parts = Vec::new();
    for pigeon in 0..pigeons {
        parts.push(
            (0..holes)
                .map(|hole| format!("{}=*", sits(pigeon, hole)))
                .collect::<Vec<_>>()
                .join("||"),
        );
    }
    for hole in 0..holes {
        for first in 0..pigeons {
            for second in first + 1..pigeons {
                parts.push(format!(
                    "{} NOT EXISTS||{} NOT EXISTS",
                    sits(first, hole),
                    sits(second, hole)
                ));
            }
        }
    }
    format!("{{({})}}", parts.join(")&&("))
}

/// The description of the difficulty, the required pattern, and the candidates.
pub(crate) type Case = (&'static str, Pattern, Vec<Pattern>);

/// All cases.
#[allow(dead_code, reason = "the bench takes them one by one")]
pub(crate) fn cases() -> Vec<Case> {
    choose(|_| true)
}

/// One case, with no other in memory.
#[allow(dead_code, reason = "the test takes them all")]
pub(crate) fn case(number: usize) -> Option<Case> {
    choose(|at| at == number).pop()
}

fn choose(is_wanted: impl Fn(usize) -> bool) -> Vec<Case> {
    let baseline = |id: &str| required(id).unwrap().baseline();
    let parse = |text: &str| Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let everything = Pattern::default();
    let mut cases = Vec::new();
    let mut at = 0;
    let mut add = |what, required: &Pattern, candidates: Vec<Pattern>| {
        if is_wanted(at) {
            cases.push((what, required.clone(), candidates));
        }
        at += 1;
    };
    let infixes = fill("", "||", "", |number| format!("$.errorCode=*{}*", name(number)));
    add("infixes of one member", &baseline("4.1"), vec![infixes.clone()]);
    add("infixes as the required", &infixes, vec![infixes.clone()]);
    add(
        "infixes of a listed name",
        &baseline("4.15"),
        vec![fill("", "||", "", |number| format!("$.eventName=*{}*", name(number)))],
    );
    let split = fill("", "||", "", |number| format!("$.a=*{}*{}*", name(number), name(number + 7)));
    add(
        "inner asterisks",
        &split,
        vec![fill("", "||", "", |number| format!("$.a=*{}*", name(number)))],
    );
    add(
        "one value of asterisks",
        &parse(&format!("{{$.a={}}}", "a*".repeat(500))),
        vec![parse(&format!("{{$.a={}}}", "b*".repeat(500)))],
    );
    add(
        "many members",
        &fill("", "&&", "", |number| format!("($.{0}=1||$.{0}=2)", name(number))),
        vec![fill("", "||", "", |number| format!("$.{}=3", name(number)))],
    );
    add(
        "pairs",
        &fill("", "&&", "", |number| format!("($.{}=1||$.{}=1)", name(number), name(number + 1))),
        vec![fill("", "||", "", |number| {
            format!("$.{}=1&&$.{}=1", name(number), name(number + 1))
        })],
    );
    add(
        "pairs far apart",
        &fill("", "&&", "", |number| {
            format!("($.{}=1||$.{}=1)", name(number), name(number * 7 % 31))
        }),
        vec![fill("", "||", "", |number| {
            format!("$.{}=1&&$.{}=1", name(number * 5 % 31), name(number * 11 % 31))
        })],
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
            format!(
                "($.{}=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa||$.{}=bbbbbbbbbbbbbbbbbbbbbbbbbbb)",
                name(2 * number),
                name(2 * number + 1)
            )
        })],
    );
    add(
        "truisms",
        &baseline("4.5"),
        vec![fill("($.eventName=*Trail||$.eventName=St*)&&", "&&", "", |number| {
            format!(
                "($.{0} NOT EXISTS||$.{0}=*||$.{0} IS NULL||$.{0} IS TRUE||$.{0} IS FALSE)",
                name(number)
            )
        })],
    );
    add(
        "alternating nesting",
        &everything,
        vec![parse(&format!("{{{}$.zz=1{}}}", "$.a=1&&($.b=1||(".repeat(55), "))".repeat(55)))],
    );
    add(
        "parentheses",
        &everything,
        vec![parse(&format!("{{{}$.a=b{}}}", "(".repeat(500), ")".repeat(500)))],
    );
    let wild = fill("$.*=1&&$.*.x!=2&&$.*.y[0] IS NULL&&", "&&", "", |number| {
        format!("$.{}.y[{}]=1", name(number), number % 9)
    });
    add(
        "wildcards over many",
        &wild,
        vec![fill("$.*=3||$.*.x=3||$.*.y[1] IS NULL||", "||", "", |number| {
            format!("$.{}.y[{}]!=1", name(number), number % 9)
        })],
    );
    add(
        "wildcards in many places",
        &parse("{$.a[*].b=1&&$.a[*].c=2&&$.a[*] IS NULL}"),
        vec![
            parse("{$.a[*].b=1&&$.a[*].c=2&&$.a[*].d NOT EXISTS}"),
            parse("{$.a[*].b=1&&$.a[3].c!=2&&$.a[*].d=5&&$.a IS NULL}"),
            parse("{$.a[16].b=1||$.a[*].c>2||$.a.b=1}"),
        ],
    );
    add(
        "wildcards below elements",
        &parse("{$.a[0][0][*]=1}"),
        vec![parse("{$.a[0][*][0]=2||$.a[0][0][0]=1}")],
    );
    add(
        "elements far back",
        &parse("{$.a[99999999]=1&&$.a[*]!=2}"),
        vec![parse("{$.a[999999998]=1}")],
    );
    add(
        "long regular expressions",
        &parse(&format!("{{$.a=%{}%&&$.a=%[ab]{{800}}c%}}", "[abc]?".repeat(150))),
        vec![parse("{$.a=%a{400}b{400}%||$.a=%[a-z]{1,99}x.{50}y%}")],
    );
    add(
        "regular expressions that remember",
        &parse("{$.a=%a.{20}b%&&$.a=%b.{19}c%}"),
        vec![parse("{$.a=%c.{18}d%||$.a=%d.{17}e%}")],
    );
    add(
        "many numbers",
        &fill("", "||", "", |number| format!("$.a={number}")),
        vec![fill("", "||", "", |number| format!("$.a<{}.5", number * 3))],
    );
    add(
        "numbers and spellings",
        &fill("", "||", "", |number| format!("$.a<{number}")),
        vec![fill("", "||", "", |number| format!("$.a=*{number}"))],
    );
    add(
        "distant numbers",
        &parse("{$.a>1e-999999999&&$.a<1e999999999&&$.a!=1e-99999}"),
        vec![parse("{$.a>1e-300||$.a<1e300}")],
    );
    add(
        "many filters",
        &baseline("4.15"),
        (0..100)
            .map(|shift| {
                fill("", "||", "", |number| format!("$.eventName=*{}", name(number * 3 + shift)))
            })
            .collect(),
    );
    add(
        "many filters on many members",
        &baseline("4.15"),
        (0..50)
            .map(|shift| {
                fill("", "&&", "", |number| {
                    format!(
                        "($.{}={shift}||$.{}={shift})",
                        name(number * 3 + shift),
                        name(number * 7 + shift)
                    )
                })
            })
            .collect(),
    );
    add(
        "one filter per name and Region",
        &baseline("4.15"),
        (0..100)
            .map(|number| {
                parse(&format!(
                    "{{$.eventName=*{}*&&$.awsRegion=*{}*}}",
                    name(number),
                    name(number * 5)
                ))
            })
            .collect(),
    );
    // Seven pigeons in six holes: every place is 0 or 1, and the filters match when a pigeon has no
    // hole or when two share one.
    let sits = |pigeon: usize, hole: usize| format!("$.{}", name(pigeon * 6 + hole));
    let zero_or_one: Vec<String> =
        (0..42).map(|place| format!("($.{0}=0||$.{0}=1)", name(place))).collect();
    let mut filters: Vec<Pattern> = (0..7)
        .map(|pigeon| {
            parse(&format!(
                "{{{}}}",
                (0..6)
                    .map(|hole| format!("{}=0", sits(pigeon, hole)))
                    .collect::<Vec<_>>()
                    .join("&&")
            ))
        })
        .collect();
    for hole in 0..6 {
        for pair in (0..7).flat_map(|first| (first + 1..7).map(move |second| (first, second))) {
            filters.push(parse(&format!("{{{}=1&&{}=1}}", sits(pair.0, hole), sits(pair.1, hole))));
        }
    }
    add("pigeons in many filters", &parse(&format!("{{{}}}", zero_or_one.join("&&"))), filters);
    let two: Vec<Pattern> = (0..280)
        .map(|number| parse(&format!("{{$.{}=1&&$.{}=1}}", name(2 * number), name(2 * number + 1))))
        .chain([parse("{$.zz=1}")])
        .collect();
    // As many filters as a log group can have, each with the maximum length.
    let hundred = |part: &dyn Fn(usize) -> String| {
        (0..100)
            .map(|filter| fill("", "||", "", |number| part(filter * 70 + number)))
            .collect::<Vec<_>>()
    };
    add(
        "a hundred filters of infixes",
        &baseline("4.1"),
        hundred(&|number| format!("$.errorCode=*{}*", letters(number))),
    );
    add(
        "a hundred filters of prefixes and suffixes",
        &baseline("4.1"),
        hundred(&|number| format!("$.errorCode={0}*{0}", letters(number))),
    );
    add(
        "a hundred filters on members of their own",
        &baseline("4.1"),
        hundred(&|number| format!("$.{}=*{}*", letters(number), letters(number))),
    );
    add(
        "a hundred filters of numbers",
        &parse("{$.a>5}"),
        hundred(&|number| format!("$.a={number}.5")),
    );
    add(
        "a hundred filters of elements",
        &parse("{$.a[*]=1}"),
        hundred(&|number| format!("$.a[{}]={number}", number % 17)),
    );
    add(
        "a hundred filters of wildcards",
        &baseline("4.3"),
        (0..100)
            .map(|filter| {
                parse(&format!("{{$.{0}[*].x=1||$.a[*].{0}=2||$.*.{0}=3}}", letters(filter)))
            })
            .collect(),
    );
    add(
        "a hundred filters of regular expressions",
        &baseline("4.1"),
        (0..100)
            .map(|filter| {
                parse(&format!(
                    "{{$.errorCode=%{0}.{{400}}{0}%||$.errorCode=%{0}[a-y]{{1,450}}z%}}",
                    letters(filter)
                ))
            })
            .collect(),
    );
    add(
        "a hundred filters that share out one product",
        &fill("", "&&", "", |number| format!("($.{0}=1||$.{0}=2)", name(number))),
        (0..100)
            .map(|filter| {
                fill("", "&&", "", |number| {
                    format!("$.{}={}", name(number), 1 + (filter >> (number % 7)) % 2)
                })
            })
            .collect(),
    );
    add(
        "deep members",
        &baseline("4.5"),
        vec![fill("", "||", "", |number| format!("${}=1", ".a".repeat(1 + number)))],
    );
    add(
        "deep members apart",
        &baseline("4.5"),
        vec![fill("", "||", "", |number| {
            format!("$.{}{}=1", name(number), ".a".repeat(9 + number % 5))
        })],
    );
    add(
        "one very deep member",
        &parse(&format!("{{${}=1}}", ".a".repeat(500))),
        vec![parse(&format!("{{${}=2}}", ".a".repeat(500)))],
    );
    add(
        "elements below elements",
        &parse(&format!("{{$.a{}=1}}", "[1]".repeat(330))),
        vec![parse(&format!("{{$.a{}=2}}", "[1]".repeat(330)))],
    );
    add(
        "a wildcard above many members",
        &fill("$.*=1&&", "&&", "", |number| format!("$.{}=1", name(number))),
        vec![fill("$.*=2||", "||", "", |number| format!("$.{}=2", name(number)))],
    );
    add(
        "wildcards below a wildcard's children",
        &fill("$.a[*].b=1&&$.a[*].c=2&&$.a[*].d=3&&", "&&", "", |number| {
            format!("$.a[{}].{}=1", number % 17, name(number))
        }),
        vec![fill("$.a[*].b=2||$.a[*].c!=1||$.a[*].d NOT EXISTS||", "||", "", |number| {
            format!("$.a[{}].{}!=1", number * 5 % 17, name(number))
        })],
    );
    add(
        "everything is null",
        &fill("", "||", "", |number| format!("$.a[{}] IS NULL", number % 17)),
        vec![
            fill("$.a IS NULL&&", "&&", "", |number| format!("$.a[{}] IS NULL", number % 16)),
            parse("{$.a[*] IS NULL&&$.a[16]=1}"),
        ],
    );
    add(
        "a product on both sides",
        &fill("", "&&", "", |number| format!("($.a=*{0}*||$.b=*{0}*)", name(number))),
        vec![fill("", "&&", "", |number| format!("($.a=*{0}*||$.c=*{0}*)", name(number * 3)))],
    );
    add(
        "infixes that must all be there",
        &fill("", "&&", "", |number| format!("$.a=*{}*", name(number * 7))),
        vec![fill("", "&&", "", |number| format!("$.a!=*{}*", name(number * 5)))],
    );
    add(
        "infixes of which none may be there",
        &fill("", "&&", "", |number| format!("$.a!=*{}*", name(number))),
        vec![fill("", "||", "", |number| format!("$.a=*{}", name(number)))],
    );
    add(
        "numbers distinguished by their notation",
        &fill("", "||", "", |number| format!("$.a=*{number}*")),
        vec![fill("", "||", "", |number| format!("$.a>={number}.25"))],
    );
    add(
        "two regular expressions of many ways",
        &parse(&format!(
            "{{$.a=%{}%&&$.a=%{}%}}",
            "[ab]?[bc]?".repeat(48),
            "[ac]?[ab]?".repeat(48)
        )),
        vec![parse(&format!("{{$.a=%^{}$%}}", "[abc]?".repeat(160)))],
    );
    add(
        "a regular expression of long alternatives",
        &parse(&format!(
            "{{$.a=%{}%}}",
            (0..90).map(|number| format!("{}.{{7}}", name(number))).collect::<Vec<_>>().join("|")
        )),
        vec![parse(&format!(
            "{{$.a=%{}%}}",
            (0..90).map(|number| format!(".{{7}}{}", name(number))).collect::<Vec<_>>().join("|")
        ))],
    );
    add(
        "letters outside of ASCII",
        &fill("", "||", "", |number| {
            format!(
                "$.a=\"*{}*\"",
                char::from_u32(0x4e00 + u32::try_from(number).unwrap()).unwrap()
            )
        }),
        vec![fill("", "||", "", |number| {
            format!(
                "$.a=\"{}*\"",
                char::from_u32(0x4e00 + u32::try_from(number * 3).unwrap()).unwrap()
            )
        })],
    );
    add("many choices", &parse("{$.zz=1||$.zz=2}"), two);
    cases
}
