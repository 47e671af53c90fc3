import Foundation
import JSON
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

/// Mutated wire bytes, judged by comparison with SwiftProtobuf: what it reads and writes again must give the same JSON as the bytes themselves.
struct TranscodingFuzzTests {
    static let task = Mesos_V1_TaskInfo.with { task in
        task.name = "web"
        task.taskID.value = "web.1"
        task.agentID.value = "a-S1"
        task.resources = [
            .with {
                $0.name = "cpus"
                $0.type = .scalar
                $0.scalar.value = 0.5
            },
            .with {
                $0.name = "ports"
                $0.type = .ranges
                $0.ranges.range = [
                    .with {
                        $0.begin = 31_000
                        $0.end = 31_001
                    }
                ]
            }
        ]
        task.command.value = "sleep 1000"
        task.command.uris = [.with { $0.value = "http://x/y.tgz" }]
        task.healthCheck.http = .with {
            $0.port = 8_080
            $0.statuses = [200, 204]
        }
        task.container = .with { container in
            container.type = .mesos
            container.volumes = [
                .with { volume in
                    volume.containerPath = "/x"
                    volume.mode = .rw
                    volume.source.csiVolume.staticProvisioning = .with {
                        $0.volumeID = "v"
                        $0.volumeCapability.mount.fsType = "ext4"
                        $0.volumeContext["k"] = "v"
                    }
                }
            ]
            container.linuxInfo.effectiveCapabilities.capabilities = [.netAdmin, .chown]
        }
        task.labels.labels = [
            .with {
                $0.key = "é"
                $0.value = "😀"
            }
        ]
        task.limits["mem"] = .with { $0.value = 64 }
    }

    @Test func `mutants that protobuf reads give the same JSON as after reading and writing them, others are refused`() throws {
        let seed: [UInt8] = try Self.task.serializedBytes(partial: true)
        let type = MessageType(Mesos_V1_TaskInfo.self)
        var random = SplitMix(seed: 5)
        var accepted = 0
        var lenient = 0
        for _ in 0..<8_000 {
            let mutant = mutate(seed, &random)
            let message = try? Mesos_V1_TaskInfo(serializedBytes: mutant, partial: true)
            let json = try? MesosJSON.encode(mutant, as: type)
            let missing = try? MesosJSON.missingRequired(mutant, as: type)
            // What passes the one never fails the other, which doesn't look into what doesn't count (entries of maps that others replace).
            #expect(json != nil || missing == nil)
            guard let message else { continue }
            guard let json else {
                // SwiftProtobuf passes over faults inside the entries of maps.
                lenient += 1
                continue
            }
            accepted += 1
            // SwiftProtobuf doesn't keep the order of map entries.
            let again = try JSONValue(parsing: message.mesosJSON())
            let own = try JSONValue(parsing: json)
            #expect(sorted(own) == sorted(again))
            #expect(missing == nil || missing?.isEmpty == message.isInitialized)
            let wire = try? MesosJSON.decode(own, as: type)
            #expect((wire != nil) == message.isInitialized)
        }
        #expect(accepted > 800 && lenient < 50)
    }

    func mutate(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = seed
        for _ in 0...random.below(3) {
            let place = random.below(bytes.count)
            switch random.below(6) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[place] = bytes[place] &+ 1
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(random.below(24)), at: place)
            // Whole messages behind one another are a message, with fields out of order and doubled.
            case 4: bytes += bytes.prefix(place)
            default: bytes += seed
            }
        }
        return bytes
    }

    func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(sorted))
        case .object(let object):
            .object(JSONObject(members: object.map { .init(name: $0.name, value: sorted($0.value)) }.sorted { $0.name < $1.name }))
        default: value
        }
    }
}
