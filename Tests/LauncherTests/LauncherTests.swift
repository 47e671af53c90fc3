import OwnThread
import Testing

/// Tests of the launcher from outside, as an agent sees it. They run one after the other: each looks at all processes of the machine when it ends.
@Suite(.serialized, .ownThread)
struct LauncherTests {}
