//! Label values made of names in the code.

use std::fmt::Debug;

/// The name of a variant without fields, in snake case.
pub(super) fn snake(variant: &impl Debug) -> String {
    let mut label = String::new();
    for (at, c) in format!("{variant:?}").char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            label.push('_');
        }
        label.push(c.to_ascii_lowercase());
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::Method;

    #[test]
    fn words_are_parted_and_in_lower_case() {
        assert_eq!(snake(&Method::ClickToWhatsappAd), "click_to_whatsapp_ad");
        assert_eq!(snake(&Method::Sms), "sms");
    }
}
