//! A file that is carried away, piece by piece: the result of a migration is too long to be held in memory.

use std::fs;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse as _, Response};
use base::kernel::{Error, Result};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead as _, ReadBuf};

use super::here::{Here, acted};

/// Bytes of a piece.
const PIECE: u64 = 64 << 10;

/// Answers with `file`, to be kept under `name`. `kind` is its media type.
pub(super) fn answer(
    here: &Here,
    (name, kind): (&str, &'static str),
    file: fs::File,
) -> Result<Response> {
    let left = file.metadata().map_err(Error::internal)?.len();
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Error::internal)?),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let pieces = Pieces { file: tokio::fs::File::from_std(file), left };
    let mut response = (headers, Body::new(pieces)).into_response();
    response.extensions_mut().insert(acted(&here.seat.staff_id));
    Ok(response)
}

/// What is left of a file.
struct Pieces {
    file: tokio::fs::File,
    left: u64,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let most = usize::try_from(self.left.min(PIECE)).unwrap_or(0);
        if most == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; most];
        let mut read = ReadBuf::new(&mut piece);
        if let Err(error) = ready!(Pin::new(&mut self.file).poll_read(context, &mut read)) {
            return Poll::Ready(Some(Err(error)));
        }
        let count = read.filled().len();
        piece.truncate(count);
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if count == 0 {
            // It became shorter meanwhile: the reader must not take it for whole.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
