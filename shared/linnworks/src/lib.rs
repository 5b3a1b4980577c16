//! linnworks
