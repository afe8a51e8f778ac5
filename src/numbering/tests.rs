//! Unit tests of the facts about numbers.

use proptest::prelude::*;

use super::{calling_code_is_known, canonical, is_calling_code, is_country_code, is_united_states, zones};

/// Calling codes of places, as libphonenumber lists them.
#[rustfmt::skip]
const PLACES: [u64; 206] = [
    1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45,
    46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63,
    64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 211, 212,
    213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232,
    233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248,
    249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261, 262, 263, 264, 265,
    266, 267, 268, 269, 290, 291, 297, 298, 299, 350, 351, 352, 353, 354, 355, 356,
    357, 358, 359, 370, 371, 372, 373, 374, 375, 376, 377, 378, 380, 381, 382, 383,
    385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504, 505, 506, 507, 508,
    509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675,
    676, 677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692,
    850, 852, 853, 855, 856, 880, 886, 960, 961, 962, 963, 964, 965, 966, 967, 968,
    970, 971, 972, 973, 974, 975, 976, 977, 992, 993, 994, 995, 996, 998,
];

/// Every row of the data file: a prefix and its zones.
fn rows() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    super::table::SOURCE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let (zones, prefixes) = line.split_once('\t').unwrap();
        let zones: Vec<_> = zones.split(';').collect();
        prefixes.split(' ').map(move |prefix| (prefix, zones.clone()))
    })
}

/// An American number in an area.
fn american(area: u64) -> u64 {
    10_002_345_678 + area * 10_000_000
}

#[test]
fn every_row_of_the_file_is_found_again() {
    let mut count = 0;
    for (prefix, expected) in rows() {
        let found = super::table::zones(prefix.parse().unwrap());
        assert_eq!(found, expected, "{prefix}");
        count += 1;
    }
    assert!(count > 3000, "only {count} rows");
}

#[test]
fn no_prefix_is_listed_twice_or_begins_with_a_zero() {
    let mut seen = std::collections::HashSet::new();
    for (prefix, _) in rows() {
        assert!(!prefix.starts_with('0'), "{prefix}");
        assert!(seen.insert(prefix), "{prefix}");
    }
}

#[test]
fn zones_of_a_row_are_in_alphabetical_order() {
    for (prefix, zones) in rows() {
        assert!(zones.is_sorted_by(|a, b| a < b), "{prefix}");
    }
}

#[test]
fn every_zone_is_in_the_bundled_database() {
    for (prefix, zones) in rows() {
        for zone in zones {
            assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{prefix}: {zone}");
        }
    }
}

#[test]
fn a_country_with_one_zone_answers_it() {
    assert_eq!(zones(491_701_234_567), ["Europe/Berlin"]);
    assert_eq!(zones(919_876_543_210), ["Asia/Calcutta"]);
}

#[test]
fn an_area_code_narrows_the_zones_of_its_country() {
    assert_eq!(zones(12_125_551_234), ["America/New_York"]);
    assert_eq!(zones(14_155_551_234), ["America/Los_Angeles"]);
}

#[test]
fn the_longest_prefix_wins() {
    // Area code 423 is Central by default, but its exchange 202 is Eastern.
    assert_eq!(zones(14_235_551_234), ["America/Chicago"]);
    assert_eq!(zones(14_232_021_234), ["America/New_York"]);
}

#[test]
fn a_number_without_a_known_area_may_be_anywhere_in_its_plan() {
    let zones = zones(18_005_551_234);
    assert!(zones.contains(&"America/New_York"));
    assert!(zones.contains(&"Pacific/Honolulu"));
}

#[test]
fn a_number_outside_every_plan_has_no_zone() {
    for digits in [0, 2, 21, 999_123_456_789, 88_312_345_678] {
        assert!(zones(digits).is_empty(), "{digits}");
    }
}

#[test]
fn both_spellings_of_a_number_have_the_same_zones() {
    assert_eq!(zones(5_216_641_234_567), ["America/Tijuana"]);
    assert_eq!(zones(526_641_234_567), ["America/Tijuana"]);
}

#[test]
fn area_codes_of_the_states_are_the_united_states() {
    for area in [212, 415, 650, 907, 808, 305, 983, 861, 989, 201] {
        assert!(is_united_states(american(area)), "{area}");
    }
}

#[test]
fn other_countries_of_the_plan_are_not_the_united_states() {
    for area in [416, 604, 876, 242, 809, 441, 942] {
        assert!(!is_united_states(american(area)), "{area}");
    }
}

#[test]
fn territories_are_not_the_united_states() {
    for area in [787, 939, 340, 670, 671, 684] {
        assert!(!is_united_states(american(area)), "{area}");
    }
}

#[test]
fn codes_without_a_place_are_not_the_united_states() {
    for area in [555, 800, 888, 833, 900, 999, 500, 710, 0, 100, 211] {
        assert!(!is_united_states(american(area)), "{area}");
    }
}

#[test]
fn a_number_of_another_length_is_not_the_united_states() {
    for digits in [0, 1, 1_212, 2_125_551_234, 121_255_512_345, u64::MAX] {
        assert!(!is_united_states(digits), "{digits}");
    }
}

#[test]
fn every_state_has_zones_of_its_own() {
    let whole_plan = zones(1);
    for area in super::north_america::STATES {
        let zones = zones(american(u64::from(area)));
        assert!(zones.len() < whole_plan.len(), "{area}");
    }
}

#[test]
fn fixed_lists_are_sorted() {
    assert!(super::north_america::STATES.is_sorted_by(|a, b| a < b));
    assert!(super::countries::ASSIGNED.is_sorted_by(|a, b| a < b));
}

#[test]
fn calling_codes_of_places_are_known() {
    for code in PLACES {
        assert!(calling_code_is_known(code), "{code}");
        assert!(calling_code_is_known(code * 100_000_000 + 20_000_000));
    }
}

#[test]
fn calling_codes_of_services_are_known() {
    assert!(calling_code_is_known(80_012_345_678));
    assert!(calling_code_is_known(883_510_012_345_678));
}

#[test]
fn unassigned_calling_codes_are_unknown() {
    for code in [210, 259, 289, 384, 699, 801, 889, 999] {
        assert!(!calling_code_is_known(code * 100_000_000), "{code}");
    }
    assert!(!calling_code_is_known(0));
}

#[test]
fn assigned_country_codes_are_known() {
    for code in ["AD", "BR", "US", "GB", "ZW"] {
        assert!(is_country_code(code), "{code}");
    }
}

#[test]
fn other_codes_are_not_countries() {
    for code in ["", "U", "us", "USA", "UK", "EU", "XK", "ZZ", "ÄÖ"] {
        assert!(!is_country_code(code), "{code}");
    }
}

#[test]
fn a_brazilian_mobile_number_gets_its_ninth_digit() {
    assert_eq!(canonical(551_187_654_321), 5_511_987_654_321);
    assert_eq!(canonical(5_511_987_654_321), 5_511_987_654_321);
}

#[test]
fn a_brazilian_land_line_stays() {
    assert_eq!(canonical(551_132_654_321), 551_132_654_321);
    assert_eq!(canonical(551_159_999_999), 551_159_999_999);
}

#[test]
fn a_mexican_number_loses_its_mobile_mark() {
    assert_eq!(canonical(5_215_512_345_678), 525_512_345_678);
}

#[test]
fn an_argentine_number_loses_its_mobile_mark() {
    assert_eq!(canonical(5_491_123_456_789), 541_123_456_789);
}

proptest! {
    #[test]
    fn canonical_is_idempotent(digits in prop_oneof![
        any::<u64>(),
        0..1_000_000_000_000_000_u64,
        520_000_000_000..560_000_000_000_u64,
        5_200_000_000_000..5_600_000_000_000_u64,
    ]) {
        prop_assert_eq!(canonical(canonical(digits)), canonical(digits));
    }

    #[test]
    fn canonical_never_outgrows_fifteen_digits(digits in 0..1_000_000_000_000_000_u64) {
        prop_assert!(canonical(digits) < 1_000_000_000_000_000);
    }

    #[test]
    fn both_brazilian_spellings_are_one(area in 11..=99_u64, number in 60_000_000..=99_999_999_u64) {
        let old = (5_500 + area) * 100_000_000 + number;
        let new = (55_009 + area * 10) * 100_000_000 + number;
        prop_assert_eq!(canonical(old), new);
        prop_assert_eq!(canonical(new), new);
    }

    #[test]
    fn both_mexican_spellings_are_one(number in 2_000_000_000..=9_999_999_999_u64) {
        let new = 520_000_000_000 + number;
        prop_assert_eq!(canonical(5_210_000_000_000 + number), new);
        prop_assert_eq!(canonical(new), new);
    }

    #[test]
    fn both_argentine_spellings_are_one(number in 1_100_000_000..=3_999_999_999_u64) {
        let new = 540_000_000_000 + number;
        prop_assert_eq!(canonical(5_490_000_000_000 + number), new);
        prop_assert_eq!(canonical(new), new);
    }

    #[test]
    fn other_countries_are_left_alone(digits in 0..1_000_000_000_000_000_u64) {
        let text = digits.to_string();
        prop_assume!(!["52", "54", "55"].iter().any(|code| text.starts_with(code)));
        prop_assert_eq!(canonical(digits), digits);
    }

    #[test]
    fn any_number_can_be_asked_about(digits in any::<u64>()) {
        let known = calling_code_is_known(digits);
        prop_assert!(known || zones(digits).is_empty());
        prop_assert!(known || !is_united_states(digits));
    }
}

#[test]
fn an_argentine_mobile_number_in_national_style_is_the_same_person() {
    for (national, international) in [
        (54_111_512_345_678, 5_491_112_345_678),
        (54_221_151_234_567, 5_492_211_234_567),
        (54_381_415_123_456, 5_493_814_123_456),
        (549_111_512_345_678, 5_491_112_345_678),
    ] {
        assert_eq!(canonical(national), canonical(international), "{national}");
    }
    for other in [54_111_612_345_678, 541_115_123_456, 54_221_612_345_678] {
        assert_eq!(canonical(other), other, "no 15 where one may stand");
    }
}

#[test]
fn calling_codes_are_known_exactly() {
    for code in [1, 7, 44, 49, 54, 358, 420] {
        assert!(is_calling_code(code), "{code}");
    }
    for other in [4, 42, 447, 491, 4420, 35, 999] {
        assert!(!is_calling_code(other), "{other}");
    }
}
