//! The names of customers.

use crate::generate::text::padded_text::PaddedText;

/// First names, some with accents.
const FIRST: &str = "
    Adam Agnès Aisha Alejandro Alice Amélie Amir Anders Andreea Anna Antonio Arjun Astrid Beatriz Benjamin
    Björn Camille Carlos Carmen Chiara Chloé Claire Daniel David Dimitra Elena Elif Emil Emma Erik Eva Fatima
    Felix Fiona François Freya George Giulia Grace Hannah Hana Hugo Ingrid Ines Ivan Jakub James Jan Javier
    Johanna John José Julia Kaan Karim Katarzyna Kenji Kwame Lars Laura Leila Léo Linda Lucas Lucía Magda
    Małgorzata Marco Maria Marie Mark Martin Mary Mateo Matthias Mei Michael Miguel Milena Mohammed Nadia
    Nina Noah Nora Olga Oliver Omar Patricia Paul Pedro Peter Priya Rafael René Robert Rosa Samuel Sara Sean
    Sofía Søren Stefan Susan Theo Thomas Tomáš Ulrike Valentina Victor Wei William Yasmin Yuki Zoë";

/// Last names, some with accents.
const LAST: &str = "
    Abadi Ahmed Almeida Andersen Anderson Bakker Barbieri Bauer Becker Bennett Bernard Brown Carter Castillo
    Chen Clark Costa Cruz Davies Demir Díaz Dubois Eriksson Evans Fernández Ferrari Fischer Fontaine García
    Girard Gómez González Green Gruber Gustafsson Hall Hansen Harris Hernández Hoffmann Horváth Hughes
    Ibrahim Ivanova Jackson Jansen Jensen Johnson Jones Kaya Keller Khan Kim Klein Kowalski Krüger Kumar
    Larsen Lefèvre Lehmann Lewis Li López Mäkinen Martin Martínez Meyer Miller Moreau Morris Müller Nagy
    Nakamura Nguyen Nielsen Novák Nowak O'Brien O'Connor Okafor Olsson Papadopoulos Patel Pereira Pérez
    Petrov Popescu Ricci Roberts Rodríguez Rossi Roux Sánchez Santos Schäfer Schmidt Schneider Scott Silva
    Singh Smith Sørensen Suzuki Svensson Szabó Takahashi Taylor Thomas Thompson Torres Turner Van-Dijk
    Virtanen Wagner Walker Wang Weber White Williams Wilson Wright Yamamoto Yılmaz Young Zhang Zieliński";

/// Names that need quotes or lack a part.
pub(crate) const AWKWARD_PEOPLE: [(&str, &str); 12] = [
    ("Patrick", "O'Neil, Jr."),
    ("Henry", "Whitfield, Sr."),
    ("Martin", "King, III"),
    ("Elizabeth", "Shaw, PhD"),
    ("Gabriele", "Conti, Dott."),
    ("Robert \"Bob\"", "Miller"),
    ("Margaret \"Peggy\"", "O'Hara, née Doyle"),
    ("José María", "de la Cruz y Vega"),
    ("\"Søren\"", "\"Kierkegaard\""),
    ("Anne-Sophie", "von der Heide,"),
    ("Madonna", ""),
    ("", "Suharto"),
];

/// A first or last name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) text: &'static str,
    /// The name as part of an e-mail address.
    pub(crate) mailbox: String,
    /// The name and a comma.
    pub(crate) padded_field: PaddedText,
    /// `mailbox` and, for a first name, a dot.
    pub(crate) padded_mailbox: PaddedText,
}

/// All names, by index.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) first: Vec<Name>,
    pub(crate) last: Vec<Name>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let names = |list: &'static str, separator: &str| {
            let name = |text| {
                let mailbox = mailbox(text);
                let padded_field = PaddedText::new(&format!("{text},"));
                let padded_mailbox = PaddedText::new(&format!("{mailbox}{separator}"));
                Name { text, mailbox, padded_field, padded_mailbox }
            };
            list.split_whitespace().map(name).collect::<Vec<_>>()
        };
        Self { first: names(FIRST, "."), last: names(LAST, "") }
    }
}

/// The letters of a name, transliterated to lower-case ASCII.
fn mailbox(name: &str) -> String {
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        'á' | 'ä' | 'å' => 'a',
        'č' | 'ç' => 'c',
        'é' | 'è' | 'ë' => 'e',
        'í' | 'ı' => 'i',
        'ł' => 'l',
        'ń' | 'ñ' => 'n',
        'ó' | 'ö' | 'ø' => 'o',
        'š' => 's',
        'ú' | 'ü' => 'u',
        other => other,
    };
    name.chars().map(plain).filter(char::is_ascii_alphabetic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_has_every_letter_of_the_name() {
        let names = Names::new();
        for name in names.first.iter().chain(&names.last) {
            let letters = name.text.chars().filter(|letter| letter.is_alphabetic()).count();
            assert_eq!(name.mailbox.len(), letters, "{}", name.text);
        }
        assert_eq!(mailbox("Małgorzata"), "malgorzata");
    }

    #[test]
    fn only_awkward_names_need_quotes() {
        let needs = |text: &str| text.contains([',', '"', '\r', '\n']);
        let names = Names::new();
        assert!(!names.first.iter().chain(&names.last).any(|name| needs(name.text)));
    }
}
