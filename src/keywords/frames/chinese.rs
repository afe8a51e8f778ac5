//! Chinese is written without spaces: what is looked for stands anywhere in a short run of characters.

use crate::keywords::fold::is_cjk;

/// Longest run, in characters, that is looked at.
const MAX_CHARS: usize = 24;
/// Most characters between refusing and what is refused.
const MAX_BETWEEN: usize = 6;

const REFUSING: [&str; 14] = [
    "不要",
    "别",
    "別",
    "请勿",
    "請勿",
    "勿",
    "不想",
    "不需要",
    "停止",
    "拒绝",
    "拒絕",
    "不接受",
    "屏蔽",
    "取消",
];

/// After these the words above are others: "others", "special", "don't forget to".
const OTHERWISE: [&str; 7] = ["的", "人", "忘", "看", "回", "是", "担心"];

const MESSAGES: [&str; 24] = [
    "发信息",
    "发消息",
    "发短信",
    "发微信",
    "發訊息",
    "發短訊",
    "發簡訊",
    "发广告",
    "推送",
    "推销",
    "推銷",
    "打扰",
    "打擾",
    "骚扰",
    "騷擾",
    "联系我",
    "聯絡我",
    "短信",
    "广告",
    "廣告",
    "促销",
    "促銷",
    "营销",
    "群发",
];

/// The words that may refuse messages.
pub(super) fn refusal(tokens: &[String]) -> Option<String> {
    let text = tokens.concat();
    if text.chars().nth(MAX_CHARS).is_some() || !text.chars().all(is_cjk) {
        return None;
    }
    REFUSING.iter().find_map(|refusing| {
        let (_, rest) = text.split_once(refusing)?;
        if OTHERWISE.iter().any(|other| rest.starts_with(other)) {
            return None;
        }
        let near: String = rest.chars().take(MAX_BETWEEN + 3).collect();
        let object = MESSAGES.iter().find(|object| near.contains(*object))?;
        Some(format!("{refusing}{object}"))
    })
}
