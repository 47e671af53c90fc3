import AgoraAPI
import Foundation
import Glibc
import Testing

@Suite(.serialized)
struct LaunchTests {
    @Test(arguments: Program.allCases, [("true", 0), ("exit 1", 1), ("exit 255", 255)] as [(String, UInt32)])
    func `a program's own exit status is reported`(program: Program, row: (String, UInt32)) throws {
        try withRig(program) { rig in
            try rig.launch("a", row.0)
            let exit = try rig.launcher.exit(of: "a")
            #expect(exit.outcome == .status(row.1))
            #expect(!exit.outOfMemory)
            #expect(exit.startedUs > 0 && exit.endedUs >= exit.startedUs)
        }
    }
}
