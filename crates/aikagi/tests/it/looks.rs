//! How a station's pages look: what is taken as a logo, what pages show, what stays as it was without, and that nothing of one
//! station is another's.

use std::io::Cursor;
use std::sync::Barrier;

use base::kernel::{Change, Error, Result};
use base::records::list_audit;
use base::store::Tx;
use domain::operators::{self, LONGEST_LOGO, Logo, Look, Publishing, version_of};
use domain::signin::Step;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value as Json;

use crate::console::{CONSOLE, given_clerk};
use crate::signin_pages::at_step;
use crate::viewers::{Answer, House, authorize, authorize_at};
use crate::world::{KITA, MINAMI, World, sato, staff};

/// A picture of this size, its left half red.
fn drawn(width: u32, height: u32) -> DynamicImage {
    let colour = |x| if x < width / 2 { Rgb([200, 0, 0]) } else { Rgb([0, 0, 200]) };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| colour(x)))
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A file of PNG.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    written(&drawn(width, height), ImageFormat::Png)
}

/// A piece of a PNG file, with the sum over it.
fn piece(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let both = [kind.as_slice(), content].concat();
    let sum = both.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    });
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [length.as_slice(), &both, &(!sum).to_be_bytes()].concat()
}

/// A PNG that says it is this large, and holds next to nothing.
fn said_to_be(width: u32, height: u32) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let whole = [piece(b"IHDR", &head), picture(8, 8)[33..].to_vec()].concat();
    [b"\x89PNG\r\n\x1a\n", whole.as_slice()].concat()
}

/// A JPEG with where it was taken, lying on its side.
fn photograph() -> Vec<u8> {
    let plain = written(&drawn(40, 20), ImageFormat::Jpeg);
    // One entry: 0x0112, the orientation, is 6. After it, what nobody is to read.
    let exif = [
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".as_slice(),
        b"HIMITSU-GPS",
    ]
    .concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

fn has(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|part| part == text.as_bytes())
}

fn refusal(file: &[u8]) -> Error {
    Logo::read(file).expect_err("it is no logo")
}

#[test]
fn what_is_no_picture_of_the_two_kinds_or_too_large_is_no_logo() {
    let whole = picture(60, 40);
    let gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let table: [(&str, &[u8], &str); 11] = [
        ("nothing", b"", "look.logo_kind"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "look.logo_kind"),
        ("SVG with a head", b"<?xml version='1.0'?><svg onload='x()'/>", "look.logo_kind"),
        ("GIF", gif, "look.logo_kind"),
        ("WebP", b"RIFF\x1a\0\0\0WEBPVP8L", "look.logo_kind"),
        ("a page", b"<!doctype html><p>\x89PNG", "look.logo_kind"),
        ("half a PNG", &whole[..whole.len() / 2], "look.logo_broken"),
        ("a head of a JPEG", b"\xff\xd8\xff\xe0", "look.logo_broken"),
        ("a PNG said to be huge", &said_to_be(30_000, 30_000), "look.logo_wide"),
        ("a PNG a pixel too wide", &said_to_be(2001, 1), "look.logo_wide"),
        ("10 MB", &vec![0x89; 10 << 20], "look.logo_large"),
    ];
    for (name, file, code) in table {
        assert_eq!(refusal(file), Error::invalid(code, "logo"), "{name}");
    }
    let mut padded = whole;
    padded.resize(LONGEST_LOGO + 1, 0);
    assert_eq!(refusal(&padded).code(), "look.logo_large", "whatever it is");
}

#[test]
fn a_logo_is_written_anew_upright_small_and_with_nothing_but_its_colours() {
    let file = photograph();
    assert!(has(&file, "HIMITSU-GPS") && has(&file, "Exif"));
    let logo = Logo::read(&file).unwrap();
    assert!(logo.png().starts_with(b"\x89PNG") && !has(logo.png(), "HIMITSU"));
    for kind in ["Exif", "eXIf", "tEXt", "iTXt", "zTXt", "iCCP", "tIME"] {
        assert!(!has(logo.png(), kind), "{kind}");
    }
    let upright = image::load_from_memory(logo.png()).unwrap();
    assert_eq!((upright.width(), upright.height()), (20, 40), "it was lying on its side");

    let whole = picture(30, 20);
    let told = piece(b"tEXt", b"Author\0HIMITSU");
    let with_text = [&whole[..33], &told, &whole[33..]].concat();
    let logo = Logo::read(&with_text).unwrap();
    assert!(!has(logo.png(), "HIMITSU"));
    assert_eq!(logo, Logo::read(&whole).unwrap(), "the same colours are the same logo");
    assert_eq!(Logo::read(logo.png()).unwrap(), logo, "and so they are the second time");

    let large = Logo::read(&picture(1500, 300)).unwrap();
    let large = image::load_from_memory(large.png()).unwrap();
    assert_eq!((large.width(), large.height()), (480, 96));
}

/// A look with everything, of the northern station.
pub fn dressed(house: &House) -> Look {
    let logo = Logo::read(&picture(60, 40)).unwrap();
    let look = Look {
        logo: logo.digest().to_owned(),
        accent_day: "#8A2F6B".to_owned(),
        accent_night: "#f2a6d4".to_owned(),
        greeting_ja: "ようこそ<b>北浜</b>へ".to_owned(),
        greeting_en: String::new(),
        help_url: "https://help.kitahama.example.jp/?a=1&b=\"2".to_owned(),
        help_ja: "電話 0120-000-000".to_owned(),
        help_en: "Call 0120-000-000".to_owned(),
    };
    put(&house.world, Some(&logo), &look).unwrap();
    house.world.look(operators::find_operator).unwrap().look
}

fn put(world: &World, logo: Option<&Logo>, look: &Look) -> Result<Change> {
    let (logo, look) = (logo.cloned(), look.clone());
    world.act(staff("suzuki"), move |tx| {
        if let Some(logo) = &logo {
            operators::add_logo(tx, logo)?;
        }
        operators::put_look(tx, &look)
    })
}

fn policy(answer: &Answer) -> &str {
    answer.headers["content-security-policy"].to_str().unwrap()
}

/// A page without what is another one at every look.
fn steady(answer: &Answer) -> String {
    let cut = |text: &str, mark: &str| {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.map(|part| part.split_once('"').map_or("", |(_, rest)| rest));
        rest.fold(first, |all, part| format!("{all}{mark}\"{part}"))
    };
    cut(&cut(&answer.body, "?ticket="), "name=\"proof\" value=\"")
}

#[test]
fn pages_of_a_station_show_its_look_and_those_of_others_are_byte_for_byte_as_before() {
    let house = House::new();
    house.world.given_contract("A-001");
    let pages = || {
        let help = |operator: &str| house.get(&format!("/o/{operator}/me/help"));
        let (_, sign_in, statements) = at_step(&house, &authorize(&[]), &Step::Password);
        let (_, letter, _) = at_step(&house, &authorize(&[]), &Step::Letter);
        let south = crate::viewers::Viewer::new(&house).open_page(&authorize_at("/o/MINA01", &[]));
        let console = house.get(CONSOLE);
        ([help(KITA), help(MINAMI), sign_in, letter, south, console], statements)
    };
    let (before, asked) = pages();
    for page in &before {
        for mark in ["/assets/look/", "class=\"logo\"", "class=\"help\"", "id=\"greeting\""] {
            assert!(!page.body.contains(mark), "{mark}");
        }
        assert!(!policy(page).contains("img-src"), "{}", policy(page));
    }

    let look = dressed(&house);
    let ([help, south_help, sign_in, letter, south, console], now_asked) = pages();
    assert_eq!(now_asked, asked, "it comes with what the page loads anyway");
    let logo = format!("<img class=\"logo\" src=\"/o/KITA01/logo/{}.png\" alt=\"\"> ", look.logo);
    let colours = "<link rel=\"stylesheet\" href=\"/assets/look/8a2f6b-f2a6d4.css\">";
    for page in [&help, &sign_in, &letter, &console] {
        assert!(page.body.contains(&logo) && page.body.contains(colours), "{}", page.body);
        assert!(policy(page).ends_with("; img-src 'self'"), "{}", policy(page));
        assert!(!page.body.contains("style="), "{}", page.body);
    }
    for page in [&help, &sign_in, &letter] {
        assert!(page.body.contains("お困りのときは</strong> 電話 0120-000-000 <a href="));
        let address = "https://help.kitahama.example.jp/?a=1&#38;b=%222";
        assert!(page.body.contains(address), "{}", page.body);
    }
    assert!(!console.body.contains("0120"), "who works there is no subscriber");
    assert!(sign_in.body.contains("<p id=\"greeting\">ようこそ&#60;b&#62;北浜&#60;/b&#62;へ</p>"));
    assert!(!letter.body.contains("id=\"greeting\""), "it is said once");
    for (now, then) in [(&south_help, &before[1]), (&south, &before[4])] {
        assert_eq!(steady(now), steady(then));
        assert_eq!(policy(now), policy(then));
    }
    let mut english = crate::viewers::Viewer::new(&house);
    english.cookies.insert("aikagi-language".to_owned(), "en".to_owned());
    let told = english.get("/o/KITA01/me/help").body;
    assert!(told.contains("Need help?</strong> Call 0120-000-000"), "{told}");

    put(&house.world, None, &Look::default()).unwrap();
    let (after, _) = pages();
    for (now, then) in after.iter().zip(&before) {
        assert_eq!(steady(now), steady(then));
        assert_eq!(policy(now), policy(then));
    }
}

#[test]
fn a_logo_is_kept_for_ever_by_who_asked_for_it_and_is_its_own_stations_alone() {
    let house = House::new();
    let look = dressed(&house);
    let path = |operator: &str, name: &str| format!("/o/{operator}/logo/{name}");
    let name = format!("{}.png", look.logo);
    let shown = house.get(&path(KITA, &name));
    assert_eq!(
        (shown.status, shown.headers["content-type"].as_bytes()),
        (200.try_into().unwrap(), &b"image/png"[..])
    );
    assert_eq!(shown.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    assert!(policy(&shown).starts_with("default-src 'none'"));
    for (operator, name) in [
        (MINAMI, name.as_str()),
        (KITA, &look.logo),
        (KITA, "0.png"),
        (KITA, "..%2f..%2fetc%2fpasswd.png"),
        ("NOBODY", &name),
    ] {
        let told = house.get(&path(operator, name));
        assert_eq!(told.status, 404, "{operator} {name}");
        assert!(!told.body.contains("PNG"));
    }
    let theirs = Look { logo: look.logo.clone(), ..Look::default() };
    let stolen = house.world.at(MINAMI, sato(), move |tx| operators::put_look(tx, &theirs));
    assert_eq!(stolen.unwrap_err().code(), "look.logo_unknown");
}

#[test]
fn a_style_sheet_says_two_colours_and_nothing_that_was_not_read_as_one() {
    let house = House::new();
    let sheet = house.get("/assets/look/8a2f6b-f2a6d4.css");
    let wanted = ":root { --accent: #8a2f6b; }\n@media (prefers-color-scheme: dark) {\n  \
                  :root { --accent: #f2a6d4; }\n}\n";
    assert_eq!((sheet.status.as_u16(), sheet.body.as_str()), (200, wanted));
    assert_eq!(sheet.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(sheet.headers["cache-control"], "public, max-age=31536000, immutable");
    let both = house.get("/assets/look/8a2f6b-f2a6d4-both.css").body;
    assert!(both.contains("--accent: #8a2f6b;") && both.contains("--accent: #f2a6d4;"), "{both}");
    assert_eq!(house.get("/assets/look/both.css").status, 200);
    for bad in [
        "8a2f6b.css",
        "8a2f6b-f2a6d4",
        "8a2f6b-%7d%7d%20body%7bx.css",
        "red-blue.css",
        "8a2f6b-url(x).css",
        "8a2f6b-f2a6d4-f2a6d4-both.css",
    ] {
        let told = house.get(&format!("/assets/look/{bad}"));
        assert_eq!(told.status, 404, "{bad}");
        assert!(!told.body.contains("--accent"), "{bad}");
    }
}

#[test]
fn who_saw_another_look_publishes_nothing_and_of_two_at_once_one_does() {
    let world = World::new();
    let look = |greeting: &str| Look { greeting_ja: greeting.to_owned(), ..Look::default() };
    let seen = || version_of(&world.look(operators::find_operator).unwrap().look.facts());
    let publish = |look: Look, seen: String, why: &str| {
        let publishing = Publishing { seen, why: why.to_owned() };
        world.act(staff("suzuki"), move |tx| operators::publish_look(tx, &look, &publishing))
    };
    let first = seen();
    assert_eq!(
        publish(look("甲"), first.clone(), ""),
        Err(Error::invalid("field.required", "why"))
    );
    let far = publish(Look { accent_day: "#fff".to_owned(), ..look("甲") }, first.clone(), "x");
    assert_eq!(far.unwrap_err().code(), "field.required", "a colour for the night, too");
    assert_eq!(world.look(operators::find_operator).unwrap().look, Look::default());
    assert_eq!(publish(look("甲"), first.clone(), "新しい年度"), Ok(Change::Made));
    let late = Err(Error::Conflict { code: "masters.changed_meanwhile" });
    assert_eq!(publish(look("乙"), first.clone(), "x"), late);
    assert_eq!(publish(look("甲"), first, "x"), Ok(Change::Already));

    let lines = world.look(|tx| list_audit(tx, "", 10_000)).unwrap();
    let line = lines.iter().rfind(|line| line.act == "look.changed").unwrap();
    let detail: Json = serde_json::from_str(&line.detail).unwrap();
    assert_eq!((&*line.actor, &*line.subject), ("staff:suzuki", KITA));
    assert_eq!(detail["why"], "新しい年度");
    assert_eq!(detail["changes"], serde_json::json!({ "greeting_ja": ["", "甲"] }));

    let (now, barrier) = (seen(), Barrier::new(2));
    let at_once = |greeting: &str| {
        barrier.wait();
        publish(look(greeting), now.clone(), "同時")
    };
    let done = std::thread::scope(|scope| {
        ["丙", "丁"].map(|one| scope.spawn(move || at_once(one))).map(|one| one.join().unwrap())
    });
    let lost: Vec<_> = done.into_iter().filter(Result::is_err).collect();
    assert_eq!(lost, [late]);
}

#[test]
fn of_logos_nobody_published_the_newest_ten_are_kept_and_the_shown_one_always() {
    let house = House::new();
    let world = &house.world;
    let shown = dressed(&house).logo;
    let mut brought = Vec::new();
    for width in 1..=12 {
        let logo = Logo::read(&picture(width * 2, 2)).unwrap();
        brought.push(logo.digest().to_owned());
        world.pass(1);
        let add = move |tx: &mut Tx<'_>| operators::add_logo(tx, &logo);
        assert_eq!(world.act(staff("suzuki"), add.clone()), Ok(Change::Made));
        assert_eq!(world.act(staff("suzuki"), add), Ok(Change::Already));
    }
    let there = |digest: &str| {
        let digest = digest.to_owned();
        world.look(move |tx| operators::find_logo(tx, &digest)).is_ok()
    };
    let kept = brought.iter().filter(|one| there(one)).count();
    assert_eq!(
        (there(&shown), kept, there(&brought[0]), there(&brought[11])),
        (true, 10, false, true)
    );
    assert_eq!(house.audited("look.logo_added"), 13);
}

#[test]
fn a_look_is_seen_on_the_pages_of_somebody_who_is_in() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mut clerk = given_clerk(&house, operators::Role::Viewer);
    dressed(&house);
    for (page, helped) in [(viewer.get("/o/KITA01/me"), true), (clerk.get(CONSOLE), false)] {
        assert_eq!(page.status, 200);
        assert!(page.body.contains("/assets/look/8a2f6b-f2a6d4.css"), "{}", page.body);
        assert!(page.body.contains("class=\"logo\"") && policy(&page).contains("img-src 'self'"));
        assert_eq!(page.body.contains("class=\"help\""), helped);
    }
}
