//! What the site shows.

/// Something to watch.
pub(super) struct Title {
    /// `T0001`, or a channel's number.
    pub(super) id: &'static str,
    /// `title` or `channel`.
    pub(super) kind: &'static str,
    pub(super) name_ja: &'static str,
    pub(super) name_en: &'static str,
    /// As the site knows it; nothing: the station's own rating counts.
    pub(super) rating: Option<&'static str>,
    pub(super) about: &'static str,
}

pub(super) const TITLES: &[Title] = &[
    Title {
        id: "101",
        kind: "channel",
        name_ja: "北浜チャンネル",
        name_en: "Kitahama Channel",
        rating: None,
        about: "きょうの港、あすの天気。生放送。",
    },
    Title {
        id: "T0001",
        kind: "title",
        name_ja: "北浜の灯台",
        name_en: "The Lighthouse of Kitahama",
        rating: Some("G"),
        about: "灯台守の祖父と、はじめての夏休み。",
    },
    Title {
        id: "T0002",
        kind: "title",
        name_ja: "髙橋さんの台所",
        name_en: "Ms Takahashi's Kitchen",
        rating: Some("PG12"),
        about: "三代つづく鍋と、ひとつの秘密。",
    },
    Title {
        id: "T0003",
        kind: "title",
        name_ja: "深夜の波止場",
        name_en: "Pier at Midnight",
        rating: Some("R15+"),
        about: "最終フェリーが出たあとに残った五人。",
    },
    Title {
        id: "T0004",
        kind: "title",
        name_ja: "㈱宇宙商事",
        name_en: "Space Trading Co.",
        rating: Some("PG12"),
        about: "月面支店、本日開業。(レンタル作品)",
    },
];

pub(super) fn find(id: &str) -> Option<&'static Title> {
    TITLES.iter().find(|title| title.id == id)
}
