import Foundation
import JSON
import MesosAPI
import SwiftProtobuf
import Testing

struct MesosJSONEncodeTests {
    func json(_ message: some Message) -> String { String(decoding: message.mesosJSON(), as: UTF8.self) }

    @Test func `names are the fields', numbers are numbers, bytes are base64, enums are names`() {
        let status = Mesos_V1_TaskStatus.with {
            $0.taskID.value = "t\"1"
            $0.state = .taskRunning
            $0.data = Data([0, 0xff])
            $0.timestamp = 1_700_000_000
            $0.healthy = false
            $0.reason = .reconciliation
            $0.unreachableTime.nanoseconds = .max
            $0.uuid = Data()
            $0.containerStatus.executorPid = .max
            $0.checkStatus.command.exitCode = -1
        }
        #expect(
            json(status) == #"{"task_id":{"value":"t\"1"},"state":"TASK_RUNNING","data":"AP8=","timestamp":1700000000.0,"healthy":false,"#
                + #""reason":"REASON_RECONCILIATION","uuid":"","container_status":{"executor_pid":4294967295},"#
                + #""unreachable_time":{"nanoseconds":9223372036854775807},"check_status":{"command":{"exit_code":-1}}}"#)
    }

    @Test func `unset fields with an explicit default are written, in their place, unless deprecated`() {
        #expect(
            json(
                Mesos_V1_FrameworkInfo.with {
                    $0.user = "u"
                    $0.name = "n"
                    $0.hostname = "h"
                })
                == #"{"user":"u","name":"n","failover_timeout":0.0,"checkpoint":false,"hostname":"h"}"#)
        #expect(
            json(
                Mesos_V1_FrameworkInfo.with {
                    $0.checkpoint = true
                    $0.role = "*"
                })
                == #"{"failover_timeout":0.0,"checkpoint":true,"role":"*"}"#)
        #expect(json(Mesos_V1_CommandInfo.with { $0.uris = [.with { $0.value = "x" }] }) == #"{"uris":[{"value":"x","extract":true}],"shell":true}"#)
        #expect(json(Mesos_V1_CSIPluginInfo()) == #"{"name":"default"}"#)
        #expect(json(Mesos_V1_Filters()) == #"{"refuse_seconds":5.0}"#)
        #expect(json(Mesos_V1_ContainerInfo.DockerInfo()) == #"{"network":"HOST","privileged":false}"#)
        #expect(json(Mesos_V1_MasterInfo()) == "{}")
    }

    /// Mesos 1.11: JSON output of unset optional fields that have a default.
    @Test func `exactly these fields are written when unset`() {
        let written = DescriptorPool.mesos.messageTypes.flatMap { type -> [String] in
            let text = (try? MesosJSON.encode([], as: type)).flatMap { try? JSONValue(parsing: $0).object } ?? JSONObject()
            return text.map { "\(type.name.dropFirst("mesos.v1.".count)).\($0.name)=\(String(decoding: $0.value.bytes, as: UTF8.self))" }
        }
        #expect(
            written.sorted() == [
                "AgentInfo.port=5051", "CSIPluginInfo.name=\"default\"", "CheckInfo.delay_seconds=15", "CheckInfo.interval_seconds=10",
                "CheckInfo.timeout_seconds=20", "CommandInfo.URI.extract=true", "CommandInfo.shell=true", "ContainerInfo.DockerInfo.network=\"HOST\"",
                "ContainerInfo.DockerInfo.privileged=false", "DrainConfig.mark_gone=false", "Environment.Variable.type=\"VALUE\"",
                "Filters.refuse_seconds=5", "FrameworkInfo.checkpoint=false", "FrameworkInfo.failover_timeout=0",
                "HealthCheck.HTTPCheckInfo.protocol=\"IPv4\"", "HealthCheck.TCPCheckInfo.protocol=\"IPv4\"", "HealthCheck.consecutive_failures=3",
                "HealthCheck.delay_seconds=15", "HealthCheck.grace_period_seconds=10", "HealthCheck.interval_seconds=10",
                "HealthCheck.timeout_seconds=20",
                "Image.cached=true", "LinuxInfo.share_cgroups=true", "NetworkInfo.IPAddress.protocol=\"IPv4\"",
                "master.Call.DrainAgent.mark_gone=false"
            ])
    }

    @Test func `repeated fields are arrays, maps are objects, empty ones and unset messages are left out`() {
        #expect(json(Mesos_V1_Offer()) == "{}")
        #expect(json(Mesos_V1_Value.Set.with { $0.item = ["a", "", "b"] }) == #"{"item":["a","","b"]}"#)
        #expect(
            json(
                Mesos_V1_HealthCheck.HTTPCheckInfo.with {
                    $0.port = 80
                    $0.statuses = [200, 204]
                })
                == #"{"port":80,"statuses":[200,204],"protocol":"IPv4"}"#)
        #expect(json(Mesos_V1_TaskInfo.with { $0.limits["cpus"] = .with { $0.value = 0.5 } }) == #"{"limits":{"cpus":{"value":0.5}}}"#)
        #expect(json(Mesos_V1_CapabilityInfo.with { $0.capabilities = [.netAdmin, .bpf] }) == #"{"capabilities":["NET_ADMIN","BPF"]}"#)
        #expect(json(Mesos_V1_Resource.with { $0.revocable = .init() }) == #"{"revocable":{}}"#)
        #expect(
            json(Mesos_V1_Master_Call.with { $0.drainAgent.maxGracePeriod = .init(seconds: 3, nanos: 5) })
                == #"{"drain_agent":{"max_grace_period":{"seconds":3,"nanos":5},"mark_gone":false}}"#)
    }

    typealias Row = (name: String, wire: [UInt8], json: String)
    static let wires: [Row] = [
        // Any order, the last scalar, messages merged.
        ("mesos.v1.Label", [0x12, 1, 0x62, 0x0a, 1, 0x61], #"{"key":"a","value":"b"}"#),
        ("mesos.v1.Label", [0x0a, 1, 0x61, 0x0a, 1, 0x62], #"{"key":"b"}"#),
        ("mesos.v1.Request", [0x0a, 0, 0x0a, 3, 0x0a, 1, 0x61], #"{"agent_id":{"value":"a"}}"#),
        ("mesos.v1.MachineInfo", [0x0a, 3, 0x0a, 1, 0x61, 0x0a, 3, 0x12, 1, 0x62], #"{"id":{"hostname":"a","ip":"b"}}"#),
        ("mesos.v1.Value.Set", [0x0a, 1, 0x61, 0x12, 0, 0x0a, 1, 0x62], #"{"item":["a","b"]}"#),
        // The last member of a oneof.
        ("mesos.v1.scheduler.AttributeConstraint.Selector", [0x08, 1, 0x12, 1, 0x61], #"{"attribute_name":"a"}"#),
        ("mesos.v1.scheduler.AttributeConstraint.Selector", [0x12, 1, 0x61, 0x08, 1], #"{"pseudoattribute_type":"HOSTNAME"}"#),
        ("mesos.v1.scheduler.AttributeConstraint.Selector", [0x12, 1, 0x61, 0x08, 99], #"{"attribute_name":"a"}"#),
        // Unknown fields, groups, wire types and enum values.
        ("mesos.v1.Label", [0x0a, 1, 0x61, 0x98, 0x06, 7, 0x9b, 0x06, 0x08, 1, 0x9c, 0x06, 0x9d, 0x06, 1, 2, 3, 4], #"{"key":"a"}"#),
        ("mesos.v1.Label", [0x08, 1, 0x12, 1, 0x62], #"{"value":"b"}"#),
        ("mesos.v1.TaskStatus", [0x10, 99, 0x48, 0x63], "{}"),
        ("mesos.v1.Environment.Variable", [0x18, 99], #"{"type":"VALUE"}"#),
        ("mesos.v1.CapabilityInfo", [0x08, 0, 0x08, 5, 0x08, 0xe8, 7], #"{"capabilities":["UNKNOWN","CHOWN"]}"#),
        ("mesos.v1.CapabilityInfo", [0x08, 5], "{}"),
        // Packed.
        ("mesos.v1.CapabilityInfo", [0x0a, 4, 0xe8, 7, 0xe9, 7, 0x08, 0], #"{"capabilities":["CHOWN","DAC_OVERRIDE","UNKNOWN"]}"#),
        ("mesos.v1.HealthCheck.HTTPCheckInfo", [0x22, 3, 0xc8, 1, 5], #"{"statuses":[200,5],"protocol":"IPv4"}"#),
        ("mesos.v1.HealthCheck.HTTPCheckInfo", [0x22, 0], #"{"protocol":"IPv4"}"#),
        // Maps: the last of a key, entries without value or key, entry turned round.
        (
            "mesos.v1.Volume.Source.CSIVolume.StaticProvisioning", [0x2a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x62, 0x2a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x63],
            #"{"volume_context":{"a":"c"}}"#
        ),
        (
            "mesos.v1.Volume.Source.CSIVolume.StaticProvisioning", [0x2a, 3, 0x0a, 1, 0x61, 0x2a, 3, 0x12, 1, 0x62],
            #"{"volume_context":{"a":"","":"b"}}"#
        ),
        ("mesos.v1.Volume.Source.CSIVolume.StaticProvisioning", [0x2a, 6, 0x12, 1, 0x62, 0x0a, 1, 0x61], #"{"volume_context":{"a":"b"}}"#),
        ("mesos.v1.quota.QuotaConfig", [0x12, 3, 0x0a, 1, 0x61], #"{"guarantees":{"a":{}}}"#),
        // Strings that are not UTF-8.
        ("mesos.v1.Label", [0x0a, 2, 0xff, 0x61], "{\"key\":\"\u{fffd}a\"}")
    ]

    @Test(arguments: wires)
    func `all that protobuf allows on the wire is understood`(name: String, wire: [UInt8], json: String) throws {
        let type = try #require(MessageType(named: name))
        #expect(String(decoding: try MesosJSON.encode(wire, as: type), as: UTF8.self) == json)
    }

    static let faults: [([UInt8], WireError)] = [
        ([0x0a], .truncated), ([0x0a, 5, 0x61], .truncated), ([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], .truncated),
        ([0x80], .truncated),
        ([0x11, 1, 2], .truncated), ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], .malformedVarint),
        ([0x00], .malformedTag),
        ([0x0e], .malformedTag), ([0x0c], .unbalancedGroup), ([0x0b, 0x14], .unbalancedGroup), ([0x0b], .unbalancedGroup),
        ([UInt8](repeating: 0x0b, count: 200), .tooDeep)
    ]

    @Test(arguments: faults)
    func `bytes that are no message leave the writer as it was`(wire: [UInt8], error: WireError) throws {
        var writer = JSONWriter()
        writer.beginArray()
        writer.int(1)
        let type = try #require(MessageType(named: "mesos.v1.Label"))
        #expect(throws: error) { try MesosJSON.encode(wire, as: type, into: &writer) }
        writer.int(2)
        writer.endArray()
        #expect(writer.bytes == Array("[1,2]".utf8))
    }

    @Test func `nesting is bounded`() throws {
        let type = try #require(MessageType(named: "mesos.v1.ContainerID"))
        var wire: [UInt8] = [0x0a, 1, 0x61]
        func nest() { wire = [0x12] + varint(wire.count) + wire + [0x0a, 1, 0x61] }
        for _ in 0..<50 { nest() }
        #expect(throws: Never.self) { try MesosJSON.encode(wire, as: type) }
        #expect(try MesosJSON.missingRequired(wire, as: type).isEmpty)
        for _ in 0..<200 { nest() }
        #expect(throws: WireError.tooDeep) { try MesosJSON.encode(wire, as: type) }
        #expect(throws: WireError.tooDeep) { try MesosJSON.missingRequired(wire, as: type) }
    }

    func varint(_ value: Int) -> [UInt8] { value < 128 ? [UInt8(value)] : [UInt8(value & 0x7f | 0x80)] + varint(value >> 7) }
}
