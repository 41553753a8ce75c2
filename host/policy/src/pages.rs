//! Giving memory back that was only read once.
#![allow(unsafe_code, reason = "the system call for it takes a raw pointer")]

/// Tell the system that these bytes of the program will hardly be read again, so that they need not
/// stay in memory. Shipped rules are twenty megabytes that are read once, when they are loaded.
///
/// Only a hint: where it is not known or not allowed nothing happens.
pub(crate) fn release(bytes: &'static [u8]) {
    #[cfg(target_os = "linux")]
    {
        let page = rustix::param::page_size();
        let start = bytes.as_ptr().align_offset(page);
        let whole = bytes.len().saturating_sub(start) / page * page;
        if whole == 0 {
            return;
        }
        let first = bytes.as_ptr().wrapping_add(start).cast_mut().cast();
        // SAFETY: the range is whole pages within `bytes`. MADV_PAGEOUT changes no contents: what is
        // read again is fetched again, from the program's file or from swap.
        let _ = unsafe { rustix::mm::madvise(first, whole, rustix::mm::Advice::LinuxPageOut) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}

#[cfg(test)]
mod tests {
    #[test]
    fn released_bytes_can_be_read_again() {
        let bytes: &'static [u8] = vec![7; 1 << 20].leak();
        super::release(bytes);
        super::release(&bytes[1..]);
        super::release(&bytes[..1]);
        assert!(bytes.iter().all(|&byte| byte == 7));
    }
}
