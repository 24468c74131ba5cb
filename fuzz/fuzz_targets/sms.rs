//! What must hold for any file.

use std::io::Cursor;

use formats::sms::{Layout, ReadError, Reader, scan};

/// Scans and reads `file`; resumes after every line.
pub fn read_any(file: &[u8], layout: Layout) {
    let size = u64::try_from(file.len()).unwrap();
    let scanned = scan(file, layout);
    if let Err(ReadError::Fault(fault)) = &scanned {
        assert!(fault.offset <= size, "{fault}");
    }
    let Ok((_, mut reader)) = Reader::open(file, layout) else {
        assert!(scanned.is_err());
        return;
    };
    let form = reader.form();
    let mut rows = Vec::new();
    for row in reader.by_ref() {
        match row {
            Ok(row) => rows.push(row),
            Err(_) => {
                assert!(scanned.is_err());
                return;
            }
        }
    }
    for (index, row) in rows.iter().enumerate() {
        assert!(row.offset < row.next.offset && row.next.offset <= size);
        if let Err(fault) = &row.record {
            assert!((row.offset..=row.next.offset).contains(&fault.offset), "{fault}");
        }
        let mut input = Cursor::new(file);
        input.set_position(row.next.offset);
        let next = Reader::resume(input, form, row.next).next().transpose();
        assert_eq!(next.unwrap().as_ref(), rows.get(index + 1));
    }
    if let Ok(scanned) = scanned {
        assert_eq!(usize::try_from(scanned.lines).unwrap(), rows.len());
    }
}
