//! Where somebody can not go on: every such page leads on by one button, and is the station's where the address says whose.

use http::Method;

use crate::looks::dressed;
use crate::signin_pages::sent;
use crate::viewers::{Answer, House, Viewer};

const BUTTON: &str = "<a class=\"button\" href=\"";

/// Where the only button of a page leads.
fn leads_to(page: &Answer) -> &str {
    let mut after = page.body.split(BUTTON).skip(1);
    let first = after.next().unwrap_or_else(|| panic!("no way on: {}", page.body));
    assert!(after.next().is_none(), "{}", page.body);
    first.split('"').next().unwrap()
}

fn is_the_stations(page: &Answer) -> bool {
    let marks = ["北浜ケーブル</p>", "/assets/look/8a2f6b", "/logo/", "電話 0120-000-000"];
    let found = marks.map(|mark| page.body.contains(mark));
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}: {}", page.body);
    found[0]
}

#[test]
fn an_error_is_worded_in_the_frame_of_the_station_with_the_way_to_my_page() {
    let house = House::new();
    dressed(&house);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let unknown = viewer.get("/o/KITA01/family/9");
    assert_eq!((unknown.status.as_u16(), leads_to(&unknown)), (404, "/o/KITA01/me"));
    assert!(is_the_stations(&unknown));

    let foreign = viewer.send(&Method::POST, "/o/KITA01/pins", b"proof=x".to_vec());
    assert_eq!((foreign.refusal(), leads_to(&foreign)), ("form.foreign", "/o/KITA01/me"));
    assert!(is_the_stations(&foreign));

    // A sign-in that nobody knows, in a browser that nobody knows.
    let mut stranger = Viewer::new(&house);
    let before = sent(&house);
    let old = stranger.get("/o/KITA01/signin?ticket=old");
    assert!(sent(&house) - before <= 1, "what memory knows is not read again");
    assert_eq!((old.refusal(), leads_to(&old)), ("signin.unknown", "/o/KITA01/me"));
    assert!(is_the_stations(&old) && !old.body.contains("<nav"));
}

#[test]
fn where_no_station_is_known_the_way_on_is_where_one_chooses_theirs() {
    let house = House::new();
    dressed(&house);
    let mut viewer = Viewer::new(&house);
    for path in ["/signin?ticket=old", "/o/NOBODY/signin?ticket=old", "/o/NOBODY/me"] {
        let page = viewer.get(path);
        assert_eq!((page.status.as_u16(), leads_to(&page)), (404, "/me"), "{path}");
        assert!(!is_the_stations(&page), "{path}");
    }
}
