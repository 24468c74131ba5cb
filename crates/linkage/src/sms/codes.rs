//! The four-character result codes of the SMS, file and online: one table.
//!
//! A code is short because it stands in column 59–62 of a result record; what it means in full is
//! the dotted code of `docs/ERRORS.md`. The Japanese words fit the record's message (60 bytes of
//! CP932). Source: brief tve §7.5.

use domain::commands::{Op, ResultKind};

/// One row: dotted code, code of the SMS, words for the result record.
type Row = (&'static str, &'static str, &'static str);

/// Accepted for later; not in the brief's list, which has no word for it.
pub const SCHEDULED: &str = "W130";
/// A system error of ours; the line can be sent again after a call.
pub const INTERNAL: &str = "E902";

const TABLE: &[Row] = &[
    ("age.proof_unknown", "E202", "年齢確認方法の値が不正です"),
    ("batch.too_many", "E202", "一度に送れる件数を超えています"),
    ("contract.cannot_resume_stopped", "E407", "停止済みのため再開できません"),
    ("contract.generation_in_use", "E406", "現世代が停止していません"),
    ("contract.generation_invalid", "E202", "世代の値が不正です"),
    ("contract.nothing_to_cancel", "E404", "取り消せる停止がありません"),
    ("contract.number_stopped", "E406", "停止済みの番号です(新世代で開始)"),
    ("contract.replace_target_invalid", "E405", "付替先の番号が不正か使用中です"),
    ("contract.stopped", "E411", "契約が停止しています"),
    ("contract.unit_unknown", "E202", "契約単位の値が不正です"),
    ("contract.unknown", "E301", "契約者番号がありません"),
    ("contract.version_differs", "E901", "版が異なります(再読込してください)"),
    ("credit.rank_unknown", "E202", "与信ランクの値が不正です"),
    ("date.malformed", "E203", "日付が不正です"),
    ("decision.action_unknown", "E202", "操作の種類が不正です"),
    ("device.in_use", "E304", "新しい端末は他で使用中です"),
    ("device.key_malformed", "E202", "端末の公開鍵が不正です"),
    ("device.serial_malformed", "E202", "端末の製造番号が不正です"),
    ("device.text_malformed", "E202", "端末の説明が不正です"),
    ("device.too_many", "E410", "端末の上限数に達しています"),
    ("device.unknown", "E304", "端末がありません"),
    ("field.differs", "E202", "宛先と本文の値が異なります"),
    ("field.malformed", "E202", "値の形式が不正です"),
    ("field.not_for_operation", "E202", "この処理では使えない項目です"),
    ("field.required", "E201", "必須項目がありません"),
    ("field.too_long", "E202", "桁数または文字が不正です"),
    ("hold.reason_unknown", "E202", "停止理由の値が不正です"),
    ("internal", INTERNAL, "システムエラー(お問い合わせください)"),
    ("job.nothing_to_cancel", "E404", "取り消せる予約がありません"),
    ("json.malformed", "E202", "JSONの形式が不正です"),
    ("json.missing", "E201", "必須項目がありません"),
    ("json.repeated", "E202", "同じ項目が二度あります"),
    ("json.too_deep", "E202", "JSONの入れ子が深すぎます"),
    ("json.too_long", "E202", "本文が長すぎます"),
    ("json.unknown_field", "E202", "不明な項目があります"),
    ("key.period_invalid", "E203", "期間の終わりが始まりより前です"),
    ("note.attributes_updated", "W102", "登録済み・属性を更新しました"),
    ("note.closed_already", "W107", "停止または閉鎖済みです"),
    ("note.extended", "W122", "既存の鍵と期間を合わせました"),
    ("note.held", "W120", "受け付けました(一時停止中は保留)"),
    ("note.hold_exists", "W104", "同じ理由で一時停止済みです"),
    ("note.holds_remain", "W105", "まだ他の停止理由があります"),
    ("note.not_suspended", "W103", "一時停止していません"),
    ("note.nothing_open", "W121", "開いている鍵がありません"),
    ("note.registered", "W112", "登録済みです"),
    ("note.reissued", "W111", "再発行しました(旧コードは無効)"),
    ("note.same_already", "W101", "同じ内容で登録済みです"),
    ("note.scheduled", SCHEDULED, "予約しました"),
    ("note.stopped_already", "W106", "停止済みです"),
    ("operation.unknown", "E202", "処理区分の値が不正です"),
    ("person.number_invalid", "E202", "個人番号の値が不正です"),
    ("person.number_used", "E414", "使用済みの個人番号です(別番号か局で復元)"),
    ("person.role_unknown", "E202", "役割の値が不正です"),
    ("person.sole_owner", "E412", "唯一の契約者本人は停止できません"),
    ("person.stopped", "E414", "停止済みの個人です"),
    ("person.suspended", "E413", "一時停止中の個人です"),
    ("person.too_many", "E410", "個人IDの上限数に達しています"),
    ("person.unknown", "E302", "個人番号がありません"),
    ("postal_code.malformed", "E202", "郵便番号が不正です"),
    ("product.needs_adult_proof", "E422", "年齢確認が必要な商品です"),
    ("product.not_sold", "E421", "販売していない商品です"),
    ("product.reference_malformed", "E202", "対象は「種類:ID」の形です"),
    ("product.unknown", "E420", "商品コードがありません"),
    ("rating.unknown", "E202", "視聴年齢制限の値が不正です"),
    ("request.reused", "E402", "受付番号が別の内容で使用済みです"),
    ("request.too_many", "E901", "呼び出しが多すぎます(お待ちください)"),
    ("store.changed_meanwhile", "E901", "混み合っています(再送してください)"),
    ("store.duplicate", "E901", "混み合っています(再送してください)"),
    ("telephone.malformed", "E202", "電話番号が不正です"),
    ("time.malformed", "E203", "日時が不正です"),
    ("unavailable", "E901", "一時的なエラー(再送してください)"),
    ("version.malformed", "E202", "If-Match の形式が不正です"),
];

/// What a line is answered that was not tried, because staff gave its file up.
pub const NOT_TRIED: Row = ("file.discarded", "F010", "未処理(ファイルは打ち切られました)");

fn row(dotted: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.0 == dotted)
}

/// The dotted codes of all refusals the SMS has a word for.
#[cfg(test)]
pub(crate) fn refusals() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.0).filter(|code| !code.starts_with("note."))
}

/// The dotted code itself, if the SMS has a word for it.
#[must_use]
pub fn known(dotted: &str) -> Option<&'static str> {
    row(dotted).map(|row| row.0)
}

/// The four-character code for a dotted code; `E902` for one the SMS has no word for.
#[must_use]
pub fn code(dotted: &str) -> &'static str {
    row(dotted).map_or(INTERNAL, |row| row.1)
}

/// The Japanese words of a result record for a dotted code; the code itself when it has none.
#[must_use]
pub fn words(dotted: &str) -> &str {
    row(dotted).map_or(dotted, |row| row.2)
}

/// The digit of a result record: `0` OK, `1` warning, `9` error.
#[must_use]
pub const fn digit(result: ResultKind) -> &'static str {
    match result {
        ResultKind::Ok => "0",
        ResultKind::Warning => "1",
        ResultKind::Error => "9",
    }
}

/// The Japanese words for an operation that was done without a note.
#[must_use]
pub const fn done(op: Op) -> &'static str {
    match op {
        Op::Start => "契約を開始しました",
        Op::Stop => "契約を停止しました",
        Op::Suspend => "一時停止しました",
        Op::Resume => "再開しました",
        Op::Replace => "付け替えました",
        Op::StopCancel => "停止を取り消しました",
        Op::Attr => "属性を変更しました",
        Op::PersonAdd => "個人IDを発行しました",
        Op::PersonStop => "個人IDを停止しました",
        Op::PersonSuspend => "個人IDを一時停止しました",
        Op::PersonResume => "個人IDを再開しました",
        Op::PersonReset => "パスワードを初期化しました",
        Op::KeyOpen => "鍵を開けました",
        Op::KeyClose => "鍵を閉めました",
        Op::KeyRevoke => "鍵を取り消しました",
        Op::CreditSet => "与信を設定しました",
        Op::DeviceReplace => "端末を交換しました",
        Op::CancelScheduled => "予約を取り消しました",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_words_fit_the_record() {
        assert!(TABLE.is_sorted_by(|one, next| one.0 < next.0));
        let words = TABLE.iter().map(|row| row.2).chain(Op::ALL.map(|(op, _)| done(op)));
        for text in words.chain([NOT_TRIED.2]) {
            let bytes = formats::cp932::encode(text).unwrap();
            assert!(bytes.len() <= 60, "{text}: {} bytes", bytes.len());
        }
    }

    #[test]
    fn a_code_the_sms_has_no_word_for_is_a_fault_of_ours() {
        assert_eq!(
            (code("contract.unknown"), words("contract.unknown").is_empty()),
            ("E301", false)
        );
        assert_eq!((code("moon.full"), words("moon.full")), ("E902", "moon.full"));
    }
}
