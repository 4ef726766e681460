//! How the requests that this broker takes are laid out, for `guard`: the fields of Kafka's protocol definition in their
//! order, with the versions that have them.

use super::guard::{Field, Kind, Shape};

const I8: Kind = Kind::Fixed(1);
const I16: Kind = Kind::Fixed(2);
const I32: Kind = Kind::Fixed(4);
const I64: Kind = Kind::Fixed(8);
const UUID: Kind = Kind::Fixed(16);

const fn always(kind: Kind) -> Field {
    Field {
        kind,
        since: 0,
        until: i16::MAX,
    }
}

const fn since(version: i16, kind: Kind) -> Field {
    Field {
        kind,
        since: version,
        until: i16::MAX,
    }
}

const fn until(version: i16, kind: Kind) -> Field {
    Field {
        kind,
        since: 0,
        until: version,
    }
}

const fn between(since: i16, until: i16, kind: Kind) -> Field {
    Field { kind, since, until }
}

const fn shape(flexible_since: i16, fields: &'static [Field]) -> Shape {
    Shape {
        flexible_since,
        fields,
    }
}

/// For the requests that are never flexible.
const NEVER: i16 = i16::MAX;

pub(crate) const PRODUCE: Shape = shape(
    9,
    &[
        always(Kind::Text),
        always(I16),
        always(I32),
        always(Kind::Structures(&[
            always(Kind::Text),
            always(Kind::Structures(&[always(I32), always(Kind::Bytes)])),
        ])),
    ],
);

pub(crate) const FETCH: Shape = shape(
    12,
    &[
        until(14, I32),
        always(I32),
        always(I32),
        always(I32),
        always(I8),
        since(7, I32),
        since(7, I32),
        always(Kind::Structures(&[
            until(12, Kind::Text),
            since(13, UUID),
            always(Kind::Structures(&[
                always(I32),
                since(9, I32),
                always(I64),
                since(12, I32),
                since(5, I64),
                always(I32),
            ])),
        ])),
        since(
            7,
            Kind::Structures(&[until(12, Kind::Text), since(13, UUID), always(Kind::Fixeds(4))]),
        ),
        since(11, Kind::Text),
    ],
);

pub(crate) const LIST_OFFSETS: Shape = shape(
    6,
    &[
        always(I32),
        since(2, I8),
        always(Kind::Structures(&[
            always(Kind::Text),
            always(Kind::Structures(&[always(I32), since(4, I32), always(I64)])),
        ])),
    ],
);

pub(crate) const METADATA: Shape = shape(
    9,
    &[
        always(Kind::Structures(&[since(10, UUID), always(Kind::Text)])),
        since(4, I8),
        between(8, 10, I8),
        since(8, I8),
    ],
);

pub(crate) const API_VERSIONS: Shape = shape(3, &[since(3, Kind::Text), since(3, Kind::Text)]);

pub(crate) const CREATE_TOPICS: Shape = shape(
    5,
    &[
        always(Kind::Structures(&[
            always(Kind::Text),
            always(I32),
            always(I16),
            always(Kind::Structures(&[always(I32), always(Kind::Fixeds(4))])),
            always(Kind::Structures(&[always(Kind::Text), always(Kind::Text)])),
        ])),
        always(I32),
        always(I8),
    ],
);

pub(crate) const DELETE_TOPICS: Shape = shape(
    4,
    &[
        since(6, Kind::Structures(&[always(Kind::Text), always(UUID)])),
        until(5, Kind::Texts),
        always(I32),
    ],
);

pub(crate) const CREATE_PARTITIONS: Shape = shape(
    2,
    &[
        always(Kind::Structures(&[
            always(Kind::Text),
            always(I32),
            always(Kind::Structures(&[always(Kind::Fixeds(4))])),
        ])),
        always(I32),
        always(I8),
    ],
);

pub(crate) const INIT_PRODUCER_ID: Shape = shape(
    2,
    &[always(Kind::Text), always(I32), since(3, I64), since(3, I16)],
);

pub(crate) const FIND_COORDINATOR: Shape =
    shape(3, &[until(3, Kind::Text), since(1, I8), since(4, Kind::Texts)]);

pub(crate) const JOIN_GROUP: Shape = shape(
    6,
    &[
        always(Kind::Text),
        always(I32),
        since(1, I32),
        always(Kind::Text),
        since(5, Kind::Text),
        always(Kind::Text),
        always(Kind::Structures(&[always(Kind::Text), always(Kind::Bytes)])),
        since(8, Kind::Text),
    ],
);

pub(crate) const SYNC_GROUP: Shape = shape(
    4,
    &[
        always(Kind::Text),
        always(I32),
        always(Kind::Text),
        since(3, Kind::Text),
        since(5, Kind::Text),
        since(5, Kind::Text),
        always(Kind::Structures(&[always(Kind::Text), always(Kind::Bytes)])),
    ],
);

pub(crate) const HEARTBEAT: Shape = shape(
    4,
    &[
        always(Kind::Text),
        always(I32),
        always(Kind::Text),
        since(3, Kind::Text),
    ],
);

pub(crate) const LEAVE_GROUP: Shape = shape(
    4,
    &[
        always(Kind::Text),
        until(2, Kind::Text),
        since(
            3,
            Kind::Structures(&[always(Kind::Text), always(Kind::Text), since(5, Kind::Text)]),
        ),
    ],
);

pub(crate) const OFFSET_COMMIT: Shape = shape(
    8,
    &[
        always(Kind::Text),
        always(I32),
        always(Kind::Text),
        since(7, Kind::Text),
        until(4, I64),
        always(Kind::Structures(&[
            always(Kind::Text),
            always(Kind::Structures(&[
                always(I32),
                always(I64),
                since(6, I32),
                always(Kind::Text),
            ])),
        ])),
    ],
);

pub(crate) const OFFSET_FETCH: Shape = shape(
    6,
    &[
        until(7, Kind::Text),
        until(
            7,
            Kind::Structures(&[always(Kind::Text), always(Kind::Fixeds(4))]),
        ),
        since(
            8,
            Kind::Structures(&[
                always(Kind::Text),
                since(9, Kind::Text),
                since(9, I32),
                always(Kind::Structures(&[always(Kind::Text), always(Kind::Fixeds(4))])),
            ]),
        ),
        since(7, I8),
    ],
);

pub(crate) const DESCRIBE_GROUPS: Shape = shape(5, &[always(Kind::Texts), since(3, I8)]);

pub(crate) const LIST_GROUPS: Shape = shape(3, &[since(4, Kind::Texts), since(5, Kind::Texts)]);

pub(crate) const DELETE_GROUPS: Shape = shape(2, &[always(Kind::Texts)]);

pub(crate) const OFFSET_DELETE: Shape = shape(
    NEVER,
    &[
        always(Kind::Text),
        always(Kind::Structures(&[
            always(Kind::Text),
            always(Kind::Structures(&[always(I32)])),
        ])),
    ],
);

pub(crate) const DESCRIBE_CONFIGS: Shape = shape(
    4,
    &[
        always(Kind::Structures(&[
            always(I8),
            always(Kind::Text),
            always(Kind::Texts),
        ])),
        always(I8),
        since(3, I8),
    ],
);

pub(crate) const DESCRIBE_CLUSTER: Shape = shape(0, &[always(I8), since(1, I8)]);
