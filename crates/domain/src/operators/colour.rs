//! Colours, and how far two of them stand apart.
//!
//! Source: Web Content Accessibility Guidelines 2.2 §1.4.3, *relative luminance*, *contrast ratio*.

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// A colour written as `#0b5c76`; anything else is none.
#[must_use]
pub fn read_colour(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// A colour as [`read_colour`] reads it, in small letters.
#[must_use]
pub fn write_colour([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// How far two colours stand apart: 1 for the same one, 21 for black on white.
#[must_use]
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: Rgb) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_colour_is_read_as_it_was_written(colour: Rgb) {
            prop_assert_eq!(read_colour(&write_colour(colour)), Some(colour));
            prop_assert_eq!(read_colour(&write_colour(colour).to_uppercase()), Some(colour));
        }

        #[test]
        fn what_is_read_is_written_as_seven_characters(text in "\\PC{0,9}|#[0-9a-fA-F+-]{6}") {
            if let Some(colour) = read_colour(&text) {
                prop_assert_eq!(write_colour(colour), text.to_lowercase());
            }
        }

        #[test]
        fn colours_stand_apart_alike_from_both_sides(one: Rgb, other: Rgb) {
            let apart = contrast(one, other);
            prop_assert!((1.0..=21.0 + 1e-9).contains(&apart));
            prop_assert_eq!(apart.to_bits(), contrast(other, one).to_bits());
            // Nothing stands further apart from a colour than black or white does.
            let most = contrast(one, [0; 3]).max(contrast(one, [255; 3]));
            prop_assert!(apart <= most + 1e-9);
        }
    }
}
