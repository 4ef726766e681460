//! todo:platform on Sidespin.
