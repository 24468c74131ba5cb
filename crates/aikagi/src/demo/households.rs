//! The demo's households, made by the commands every SMS sends.

use base::kernel::{Actor, Error, Result, Scope, clock};
use base::store::{Db, Tx};
use domain::administration;
use domain::boxes::NewBox;
use domain::commands::{Command, Op, ResultKind, add_box, execute_many};
use domain::credentials::issue_letter_code;
use domain::subscribers::{Attributes, Reason, Role};

use crate::failure::Failure;

/// Who works at which station, as `station.toml` says.
const STAFF: [(&str, &str, &str); 5] = [
    ("OP0012", "sato", "受付と管理"),
    ("OP0012", "abe", "受付"),
    ("OP0012", "kudo", "管理"),
    ("OP0012", "murata", "局責任者"),
    (ON_TRIAL, "aoki", "局責任者（試行中の局）"),
];
/// The station that is not in service yet.
const ON_TRIAL: &str = "OP0056";

/// A letter to an invented person.
pub(super) struct Letter {
    operator: &'static str,
    station: &'static str,
    to: &'static str,
    number: &'static str,
    code: String,
}

impl std::fmt::Display for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = console::letters::grouped(&self.code);
        let Self { operator, station, to, number, .. } = self;
        write!(f, "{operator} {station}  契約者番号 {number}  登録コード {code}  {to}")
    }
}

struct Member {
    number: i64,
    kana: &'static str,
    born: &'static str,
    role: Role,
    max_rating: i64,
    /// Who the letter is addressed to, if one is sent.
    letter: Option<&'static str>,
}

struct Home {
    operator: &'static str,
    station: &'static str,
    number: &'static str,
    note: &'static str,
    members: &'static [Member],
    products: &'static [&'static str],
    unpaid: bool,
    telephone: Option<&'static str>,
    /// Serial and model of a set-top box that stands there.
    set_top_box: Option<(&'static str, &'static str)>,
}

const HOMES: &[Home] = &[
    Home {
        operator: "OP0012",
        station: "北浜ケーブル",
        number: "C0012345",
        note: "髙橋様 二世帯",
        members: &[
            Member {
                number: 1,
                kana: "ﾀｶﾊｼ ﾀﾛｳ",
                born: "1974-04-02",
                role: Role::Owner,
                max_rating: 18,
                letter: Some("髙橋 太郎様 (契約者)"),
            },
            Member {
                number: 2,
                kana: "ﾀｶﾊｼ ﾊﾅｺ",
                born: "2015-08-11",
                role: Role::Child,
                max_rating: 12,
                letter: Some("髙橋 花子様 (お子様)"),
            },
        ],
        products: &["BASIC", "CINEMA"],
        unpaid: false,
        telephone: Some("0123-45-6789"),
        set_top_box: Some(("KTV0012345", "STB-4K")),
    },
    Home {
        operator: "OP0012",
        station: "北浜ケーブル",
        number: "C0012346",
        note: "㈱山﨑商店",
        members: &[Member {
            number: 1,
            kana: "ｶ)ﾔﾏｻﾞｷｼｮｳﾃﾝ",
            born: "",
            role: Role::Owner,
            max_rating: 18,
            letter: Some("㈱山﨑商店 御中 (料金未納で停止中)"),
        }],
        products: &["BASIC"],
        unpaid: true,
        telephone: Some("0123-45-9876"),
        set_top_box: None,
    },
    Home {
        operator: "OP0034",
        station: "南野テレビ",
        number: "C0012345",
        note: "渡邊様",
        members: &[Member {
            number: 1,
            kana: "ﾜﾀﾅﾍﾞ ﾐｻｷ",
            born: "1990-12-24",
            role: Role::Owner,
            max_rating: 18,
            letter: Some("渡邊 美咲様 (契約者)"),
        }],
        products: &["M-MOVIE"],
        unpaid: false,
        telephone: None,
        set_top_box: None,
    },
];

/// Makes the households and their letters.
pub(super) fn make(db: &Db) -> std::result::Result<Vec<Letter>, Failure> {
    let mut letters = Vec::new();
    for home in HOMES {
        letters.extend(db.transact(&scope_at(home.operator), move |tx| found(tx, home))?);
    }
    Ok(letters)
}

/// Puts the third station on trial.
pub(super) fn begin_trial(db: &Db) -> std::result::Result<(), Failure> {
    db.transact(&scope_at(ON_TRIAL), administration::begin_trial)?;
    Ok(())
}

fn scope_at(operator: &str) -> Scope {
    Scope::new(operator, Actor::Operations("demo".to_owned()), clock::now()).caused_by("demo")
}

/// Invites who works at a station, or at the platform, to its console; answers a line for each.
pub(super) fn invite_staff(db: &Db, base_url: &str) -> std::result::Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    let platform = [(Scope::PLATFORM, "kanri", "all stations: the platform's own people")];
    for (operator, id, role) in STAFF.into_iter().chain(platform) {
        let code = db.transact(&scope_at(operator), move |tx| domain::staff::invite(tx, id))?;
        let code = console::letters::grouped(&code);
        let at = if operator == Scope::PLATFORM { console::PLATFORM } else { operator };
        lines.push(format!("{base_url}/console/{at}/join?staff={id}  {code}  {role}"));
    }
    Ok(lines)
}

fn found(tx: &mut Tx<'_>, home: &'static Home) -> Result<Vec<Letter>> {
    let done = execute_many(tx, &commands(home))?;
    for report in done.reports {
        if report.result == ResultKind::Error {
            let code = report.code.unwrap_or_default();
            return Err(Error::internal(format!("demo command {}: {code}", report.request_id)));
        }
    }
    if let Some((serial, model)) = home.set_top_box {
        let [serial, model] = [serial, model].map(str::to_owned);
        add_box(tx, home.number, &NewBox { serial, model, ..NewBox::default() })?;
    }
    let invited = home.members.iter().filter_map(|member| Some((member, member.letter?)));
    invited
        .map(|(member, to)| {
            let code = issue_letter_code(tx, home.number, 0, member.number)?;
            let Home { operator, station, number, .. } = *home;
            Ok(Letter { operator, station, to, number, code })
        })
        .collect()
}

fn commands(home: &Home) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut add = |op: Op, fill: &dyn Fn(&mut Command)| {
        let request = format!("demo-{}-{}", home.number, commands.len());
        let mut command = Command::new(&request, op, home.number);
        fill(&mut command);
        commands.push(command);
    };
    for member in home.members {
        let owner = member.role == Role::Owner;
        let attributes = Attributes {
            kana: Some(member.kana.to_owned()),
            birth_on: (!member.born.is_empty()).then(|| member.born.to_owned()),
            max_rating_years: Some(member.max_rating),
            role: (!owner).then_some(member.role),
            note: owner.then(|| home.note.to_owned()),
            telephone: home.telephone.filter(|_| owner).map(str::to_owned),
            ..Attributes::default()
        };
        add(if owner { Op::Start } else { Op::PersonAdd }, &|command| {
            command.person_no = if owner { 0 } else { member.number };
            command.attributes = attributes.clone();
        });
    }
    for product in home.products {
        add(Op::KeyOpen, &|command| command.product = Some((*product).to_owned()));
    }
    if home.unpaid {
        add(Op::Suspend, &|command| command.reason = Some(Reason::Unpaid));
    }
    commands
}
