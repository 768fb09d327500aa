//! The report in its forms: for a terminal, for a pull request, for machines, and as an entry of the changelog.
//!
//! Each form reads the report and adds its method to it; the report knows none of them.

mod changelog;
mod json;
mod markdown;
mod text;

/// Lines of whole words; a word that is longer than a line is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        for (index, piece) in letters.chunks(width).enumerate() {
            let fits = used + 1 + piece.len() <= width;
            let line = lines.last_mut().expect("there is always a line");
            if used == 0 && index == 0 {
                line.extend(piece);
                used = piece.len();
            } else if fits && index == 0 {
                line.push(' ');
                line.extend(piece);
                used += 1 + piece.len();
            } else {
                lines.push(piece.iter().collect());
                used = piece.len();
            }
        }
    }
    lines
}
