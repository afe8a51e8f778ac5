//! Letters that look like others: enclosed and small capitals, and words that mix the letters of two alphabets.

/// A small capital as the letter that it is.
pub(super) fn small_capital(c: char) -> Option<char> {
    let (_, letter) = SMALL_CAPITALS.iter().find(|(capital, _)| *capital == c)?;
    Some(*letter)
}

const SMALL_CAPITALS: [(char, char); 25] = [
    ('ᴀ', 'a'),
    ('ʙ', 'b'),
    ('ᴄ', 'c'),
    ('ᴅ', 'd'),
    ('ᴇ', 'e'),
    ('ꜰ', 'f'),
    ('ɢ', 'g'),
    ('ʜ', 'h'),
    ('ɪ', 'i'),
    ('ᴊ', 'j'),
    ('ᴋ', 'k'),
    ('ʟ', 'l'),
    ('ᴍ', 'm'),
    ('ɴ', 'n'),
    ('ᴏ', 'o'),
    ('ᴘ', 'p'),
    ('ꞯ', 'q'),
    ('ʀ', 'r'),
    ('ꜱ', 's'),
    ('ᴛ', 't'),
    ('ᴜ', 'u'),
    ('ᴠ', 'v'),
    ('ᴡ', 'w'),
    ('ʏ', 'y'),
    ('ᴢ', 'z'),
];

/// Lower-case letters of Cyrillic and Greek by the Latin letter that they or their capitals look like.
const LOOKALIKES: [(char, char); 36] = [
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('н', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('м', 'm'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('т', 't'),
    ('у', 'y'),
    ('ѵ', 'v'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('һ', 'h'),
    ('α', 'a'),
    ('β', 'b'),
    ('ε', 'e'),
    ('ζ', 'z'),
    ('η', 'h'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('μ', 'm'),
    ('ν', 'n'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'y'),
    ('χ', 'x'),
    ('ϲ', 'c'),
    ('ϳ', 'j'),
];

/// A word in Latin letters only, where all its others look like one; nothing where it has no others.
pub(super) fn latin(word: &str) -> Option<String> {
    let mut changed = false;
    let mut letters = String::with_capacity(word.len());
    for c in word.chars() {
        let other = LOOKALIKES.iter().find(|(other, _)| *other == c);
        changed |= other.is_some();
        match other {
            Some((_, letter)) => letters.push(*letter),
            None if c.is_ascii() => letters.push(c),
            None => return None,
        }
    }
    changed.then_some(letters)
}

/// The word as it was meant, where it mixes Latin letters with Cyrillic or Greek ones. Ordinary words of those
/// languages do not, and stay.
pub(super) fn unmixed(word: String) -> String {
    let mixed = !word.is_ascii() && word.chars().any(|c| c.is_ascii_alphabetic());
    let meant = if mixed { latin(&word).or_else(|| cyrillic(&word)) } else { None };
    meant.unwrap_or(word)
}

/// A Cyrillic word in which some letters are Latin ones of the same look ("cтоп").
fn cyrillic(word: &str) -> Option<String> {
    let is_cyrillic = |c: char| matches!(c, '\u{400}'..='\u{52f}');
    let look = |c: char| {
        let of = LOOKALIKES.iter().find(|(other, letter)| *letter == c && is_cyrillic(*other));
        of.map(|(other, _)| *other).or(Some(c).filter(|c| is_cyrillic(*c)))
    };
    word.chars().map(look).collect()
}

/// What digits stand for in a word that is otherwise letters ("st0p").
pub(super) fn without_digits(word: &str) -> Option<String> {
    let letters = word.chars().any(char::is_alphabetic);
    let digits = word.chars().any(|c| c.is_ascii_digit());
    (letters && digits).then(|| word.chars().map(letter_of_digit).collect())
}

fn letter_of_digit(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        _ => c,
    }
}

/// The characters of a text, with enclosed letters that stand beside others as plain ones, and with an emoji made of a
/// letter-like sign and a variation selector (ℹ️, ™️) replaced by a mark.
pub(super) fn plain(text: &str) -> impl Iterator<Item = char> {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).filter_map(move |at| {
        let c = *chars.get(at)?;
        let next = chars.get(at + 1);
        if let Some(letter) = enclosed(c)
            && stands_as_letter(&chars, at)
        {
            return Some(letter);
        }
        // Compatibility folding would turn these into letters of the neighbouring word; a keycap digit stays a digit.
        if next == Some(&SELECTOR) && !c.is_ascii() {
            return Some('\u{2022}');
        }
        // A free-standing acute would decompose into a space and cut "don´t" in two.
        Some(if matches!(c, '\u{b4}' | '\u{2bc}' | '\u{2019}' | '\u{2018}' | '`') { '\'' } else { c })
    })
}

/// Asks for the emoji of a sign.
const SELECTOR: char = '\u{fe0f}';

/// The letter in a white or black square or circle, or of a flag.
fn enclosed(c: char) -> Option<char> {
    let first = match c {
        '\u{1f130}'..='\u{1f149}' => 0x1f130,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1f1e6,
        _ => return None,
    };
    char::from_u32(u32::from('a') + u32::from(c) - first)
}

/// Two letters of flags side by side are a flag. Of the others one alone is a sign (🅿), and a letter beside more.
fn stands_as_letter(chars: &[char], at: usize) -> bool {
    let of_flags = |c: Option<&char>| c.is_some_and(|c| matches!(c, '\u{1f1e6}'..='\u{1f1ff}'));
    let enclosed_near = |c: Option<&char>| c.is_some_and(|c| enclosed(*c).is_some());
    let (before, after) = (at.checked_sub(1).and_then(|before| chars.get(before)), chars.get(at + 1));
    if of_flags(chars.get(at)) && (of_flags(before) || of_flags(after)) {
        return false;
    }
    let blank = |c: &&char| **c == ' ' || **c == SELECTOR || **c == '\u{200b}';
    let ahead = chars.iter().skip(at + 1).take(MAX_BLANKS).find(|c| !blank(c));
    let behind = chars.iter().take(at).rev().take(MAX_BLANKS).find(|c| !blank(c));
    enclosed_near(ahead) || enclosed_near(behind)
}

/// How far away a neighbour is looked for.
const MAX_BLANKS: usize = 4;
