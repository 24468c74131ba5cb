//! Where somebody can not go on: every such page leads on by one button, and is the station's where the address says whose.

use axum::body::Body;
use http::{Method, Request};

use crate::doors_world::Two;
use crate::looks::dressed;
use crate::signin_pages::sent;
use crate::viewers::{Answer, House, Viewer};
use crate::world::KITA;

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

/// The whole listener, asked by who shows pages, or by a program.
fn ask(two: &Two, (method, path, accept): (&str, &str, &str)) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).header("accept", accept);
    let told = two.tell(request.body(Body::empty()).unwrap(), &two.nobodys);
    (told.status.as_u16(), told.text)
}

/// What browsers send.
const PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[test]
fn where_nothing_is_a_browser_shows_a_page_and_a_program_is_told_as_ever() {
    let two = Two::new();
    for (path, leads) in [
        ("/", "/me"),
        ("/nope", "/me"),
        ("/o/KITA01/nope", "/o/KITA01/me"),
        ("/o/NOBODY/nope", "/me"),
        ("/o/..%2f/nope", "/me"),
        ("/console/KITA01/nope", "/console/KITA01"),
        ("/console/platform/nope", "/console/platform"),
    ] {
        let (status, page) = ask(&two, ("GET", path, PAGES));
        assert_eq!(status, 404, "{path}");
        assert!(page.contains(&format!("{BUTTON}{leads}\"")), "{path}: {page}");
        assert_eq!(page.contains("北浜ケーブル"), path.starts_with("/o/KITA01"), "{path}: {page}");
        for accept in ["*/*", "application/json", ""] {
            let (status, told) = ask(&two, ("GET", path, accept));
            assert!(status == 404 && told.contains("\"code\":\"page.unknown\""), "{told}");
        }
    }
    for path in ["/o/KITA01", "/o/KITA01/"] {
        let (status, told) = ask(&two, ("GET", path, PAGES));
        assert!(status == 303 && told.contains(&format!("/o/{KITA}/me")), "{path}: {told}");
    }
}

#[test]
fn the_address_of_a_form_that_is_looked_at_leads_on_too() {
    let two = Two::new();
    for (path, leads) in [
        ("/o/KITA01/signin/password", "/o/KITA01/me"),
        ("/signin/password", "/me"),
        ("/console/KITA01/sign-in", "/console/KITA01"),
        ("/console/KITA01/masters/look/logo", "/console/KITA01"),
    ] {
        let (status, page) = ask(&two, ("GET", path, PAGES));
        assert_eq!(status, 405, "{path}");
        assert!(page.contains(&format!("{BUTTON}{leads}\"")), "{path}: {page}");
        let (status, told) = ask(&two, ("GET", path, "*/*"));
        assert!(status == 405 && !told.contains('<'), "{path}: {told}");
    }
    let answered = two.answer(Request::get("/o/KITA01/token").header("accept", PAGES));
    assert_eq!(answered.headers()["allow"], "POST", "RFC 9110 §15.5.6");
}
