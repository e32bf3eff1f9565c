"""VK as far as a community page needs it: methods, callbacks, residents, and their chat page."""
