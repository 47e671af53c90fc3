import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// What comes over the socket is not believed.
    struct Framing {
        @Test(arguments: Program.allCases)
        func `bytes that are no request end the launcher with an error, and containers go on`(program: Program) throws {
            let rows: [(String, [UInt8])] = [
                ("a frame of 1 MiB and a byte", Connection.varint(1 << 20 | 1)),
                ("a frame of 32 bits", [0xff, 0xff, 0xff, 0xff, 0x0f]),
                ("a length without an end", [0x80, 0x80, 0x80, 0x80, 0x80]),
                ("no message", [5, 0xff, 0xff, 0xff, 0xff, 0xff]),
                ("a field that is cut off", [3, 0x12, 0x7f, 0x01]),
                ("a group", [2, 0x0b, 0x0c])
            ]
            try withRig(program) { rig in
                try rig.launch("a", "exec sleep 1000")
                for row in rows {
                    try rig.launcher.send(bytes: row.1)
                    #expect(try rig.launcher.reap() == 1, "\(row.0)")
                    try rig.restart()
                    #expect(try rig.list().map(\.state) == [.running], "\(row.0)")
                }
            }
        }

        @Test(arguments: Program.allCases)
        func `a request of half a million strings is refused`(program: Program) throws {
            try withRig(program) { rig in
                let strings = Array(repeatElement([0x1a, 0] as [UInt8], count: 500_000).joined())
                try rig.launcher.send(bytes: Connection.varint(1_000_004) + [0x1a] + Connection.varint(1_000_000) + strings)
                #expect(try rig.launcher.answer(to: 0).error.code == .invalid)
                #expect(try rig.list() == [])
            }
        }

        @Test(arguments: Program.allCases)
        func `random bytes never do harm`(program: Program) throws {
            var random = SystemRandomNumberGenerator()
            try withRig(program) { rig in
                try rig.launch("a", "exec sleep 1000")
                for _ in 0..<50 {
                    let body = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    try? rig.launcher.send(bytes: Connection.varint(body.count) + body)
                    if (try? rig.list().map(\.state)) != [.running] {
                        #expect(try rig.launcher.reap() == 1)
                        try rig.restart()
                    }
                }
                #expect(try rig.list().map(\.state) == [.running])
            }
        }

        @Test(arguments: Program.allCases)
        func `a request in pieces is put together, and one that never ends is dropped with the connection`(program: Program) throws {
            try withRig(program) { rig in
                let request =
                    try Request.with {
                        $0.id = 77; $0.list = .init()
                    }.serializedBytes() as [UInt8]
                for byte in Connection.varint(request.count) + request {
                    try rig.launcher.send(bytes: [byte])
                    usleep(200)
                }
                #expect(try rig.launcher.answer(to: 77).listed.containers == [])
                try rig.launcher.send(bytes: Connection.varint(request.count) + request.dropLast())
                #expect(try rig.launcher.hangUp() == 0)
                try rig.restart()
            }
        }

        @Test(arguments: Program.allCases)
        func `an empty request and one of a later version are refused, the largest is carried out`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launcher.send(bytes: [0])
                #expect(try rig.launcher.answer(to: 0).error.code == .unsupported)
                try rig.launcher.send(bytes: [5, 0x08, 0x55, 0xa2, 0x06, 0x00])
                #expect(try rig.launcher.answer(to: 0x55).error.code == .unsupported)
                let launch = rig.request("large", shell: "env | wc -c") { request in
                    request.environment += (0..<8).map { "V\($0)=" + String(repeating: "x", count: 120_000) }
                }
                guard case .launched = try rig.ask(launch).result else { throw Problem("not launched") }
                #expect(try rig.launcher.exit(of: "large").outcome == .status(0))
                #expect(try Int(rig.output("large.out").trimmingCharacters(in: .newlines)) ?? 0 > 960_000)
            }
        }
    }
}
