//! What a form about a verb may ask for, and what its preview says when nothing would change.

use base::kernel::clock;
use domain::subscribers::Standing;

use crate::console::given_sato;
use crate::console_desk::{contract, does, opens};
use crate::viewers::{Answer, House, Viewer};

fn previews(clerk: &mut Viewer<'_>, fields: &[(&str, &str)]) -> Answer {
    opens(clerk, &contract("A-001"));
    clerk.send_form(&contract("A-001"), &[&[("do", "preview")], fields].concat())
}

/// Whether the preview asks to go on.
fn asks(preview: &Answer) -> bool {
    preview.body.contains("value=\"give\"")
}

fn told<'p>(preview: &'p Answer, id: &str) -> &'p str {
    let (_, rest) = preview.body.split_once(&format!("id=\"{id}\">")).unwrap_or_default();
    rest.split("</p>").next().unwrap_or_default()
}

#[test]
fn a_verb_that_lacks_something_says_what_and_keeps_what_was_chosen() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let yesterday = clock::now().plus_days(-1).day_jst().iso();
    let today = clock::now().day_jst().iso();
    let wrong = [
        (vec![("verb", "key_open")], "verb.product_missing", "商品を選んでください"),
        (vec![("verb", "person_stop")], "verb.person_missing", "「だれ」で個人を選んで"),
        (vec![("verb", "stop"), ("person", "1")], "verb.person_unwanted", "契約全体に対するもの"),
        (vec![("verb", "stop"), ("from", &yesterday)], "verb.day_past", "今日より前の日付"),
    ];
    for (fields, code, text) in wrong {
        let refused = previews(&mut clerk, &fields);
        assert_eq!(refused.refusal(), code, "{fields:?}");
        assert!(refused.body.contains(text), "{}", refused.body);
        let kept = format!("value=\"{}\" selected", fields[0].1);
        assert!(refused.body.contains(&kept), "{}", refused.body);
        let give = [("do", "give"), ("request", "r-1"), ("version", "1")];
        let given = clerk.send_form(&contract("A-001"), &[&give, &fields[..]].concat());
        assert_eq!(given.refusal(), code, "{fields:?} without a preview");
    }
    assert!(asks(&previews(&mut clerk, &[("verb", "stop"), ("from", &today)])), "today may be");
}

#[test]
fn a_new_number_is_what_the_sms_knows_whatever_keyboard_it_was_typed_on() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let moved = |number| [("verb", "replace"), ("new_number", number), ("moved_for", "MOVING")];
    for typed in ["あい/う", "B 002", "B/002", "<b>", "B-\u{7}2"] {
        let refused = previews(&mut clerk, &moved(typed));
        assert_eq!(refused.refusal(), "verb.number_malformed", "{typed}");
    }
    house.world.given_contract("B-001");
    let taken = previews(&mut clerk, &moved("Ｂ－００１"));
    assert!(!asks(&taken), "in full width it is the same number: {}", taken.body);
    let (_, done) = does(&mut clerk, "A-001", &moved(" Ｂ－００２ "));
    assert!(done.body.contains("実行しました"), "{}", done.body);
    assert_eq!(house.world.standing("B-002"), Standing::Active);
}

#[test]
fn what_is_so_already_is_said_and_has_no_button() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    house.world.given_key("A-001", "BASIC");
    let mut clerk = given_sato(&house);
    let first = previews(&mut clerk, &[("verb", "suspend"), ("reason", "40")]);
    assert_eq!(told(&first, "effect"), "1人・鍵1件が使えなくなります。");
    does(&mut clerk, "A-001", &[("verb", "suspend"), ("reason", "40")]);
    let idle = [
        vec![("verb", "suspend"), ("reason", "40")],
        vec![("verb", "key_close"), ("product", "KIDS")],
        vec![("verb", "person_resume"), ("person", "1")],
    ];
    for fields in idle {
        let preview = previews(&mut clerk, &fields);
        assert!(told(&preview, "effect").contains("何も変わりません"), "{}", preview.body);
        assert!(!asks(&preview), "{fields:?}");
    }
    does(&mut clerk, "A-001", &[("verb", "resume")]);
    does(&mut clerk, "A-001", &[("verb", "stop")]);
    let again = previews(&mut clerk, &[("verb", "stop")]);
    assert!(!asks(&again), "{}", again.body);
    let back = previews(&mut clerk, &[("verb", "stop_cancel")]);
    let effect = told(&back, "effect");
    assert_eq!(
        effect, "1人・鍵1件がまた使えるようになります。",
        "with the keys the stop had closed"
    );
}

#[test]
fn what_is_for_a_day_to_come_says_so_once() {
    let house = House::new();
    house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let day = clock::now().plus_days(9).day_jst().iso();
    let preview = previews(&mut clerk, &[("verb", "stop"), ("from", &day)]);
    assert_eq!(preview.body.matches("指定した日に").count(), 1, "{}", preview.body);
}

#[test]
fn all_devices_are_signed_out_only_after_the_number_was_read() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let mut clerk = given_sato(&house);
    let path = contract("A-001");
    opens(&mut clerk, &path);
    let asked = clerk.send_form(&path, &[("do", "end_sessions_preview"), ("person", "1")]);
    assert!(told(&asked, "effect").starts_with("1台の"), "{}", asked.body);
    assert_eq!(viewer.get("/o/KITA01/me").status, 200, "nothing is done unasked");
    let done = clerk.send_form(&path, &[("do", "end_sessions"), ("person", "1")]);
    assert!(done.body.contains("1台の"), "{}", done.body);
    assert_ne!(viewer.get("/o/KITA01/me").status, 200);
    opens(&mut clerk, &path);
    let again = clerk.send_form(&path, &[("do", "end_sessions_preview"), ("person", "1")]);
    assert!(
        again.body.contains("いまログインしている")
            && !again.body.contains("value=\"end_sessions\"")
    );
}
