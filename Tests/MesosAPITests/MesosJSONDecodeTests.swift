import Foundation
import JSON
import MesosAPI
import SwiftProtobuf
import Testing

struct MesosJSONDecodeTests {
    func read<M: Message>(_ json: String, as type: M.Type = M.self) throws -> M { try M(mesosJSON: Array(json.utf8)) }

    @Test func `reads what it writes`() throws {
        let call = try read(
            #"{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"root","name":"n","failover_timeout":604800.5,"roles":["a","b"],"#
                + #""capabilities":[{"type":"MULTI_ROLE"},{"type":"NEW_ONE"}],"offer_filters":{"a":{"min_allocatable_resources":{}}}},"#
                + #""suppressed_roles":[]},"framework_id":{"value":"f"},"unknown":[{}]}"#, as: Mesos_V1_Scheduler_Call.self)
        #expect(call.type == .subscribe && call.frameworkID.value == "f" && call.subscribe.frameworkInfo.failoverTimeout == 604_800.5)
        #expect(call.subscribe.frameworkInfo.roles == ["a", "b"] && call.subscribe.frameworkInfo.capabilities.map(\.hasType) == [true, false])
        #expect(call.subscribe.frameworkInfo.offerFilters["a"]?.hasMinAllocatableResources == true)
        #expect(!call.subscribe.frameworkInfo.hasCheckpoint)
        #expect(try Mesos_V1_Scheduler_Call(mesosJSON: call.mesosJSON()).subscribe.frameworkInfo.hasCheckpoint)
    }

    @Test func `numbers may be strings, a lone value stands for a repeated field, null is absence, the last duplicate counts`() throws {
        #expect(try read(#"{"value":"0.5"}"#, as: Mesos_V1_Value.Scalar.self).value == 0.5)
        #expect(try read(#"{"value":"-Infinity"}"#, as: Mesos_V1_Value.Scalar.self).value == -.infinity)
        #expect(try read(#"{"value":7}"#, as: Mesos_V1_Value.Scalar.self).value == 7)
        #expect(
            try read(#"{"begin":"18446744073709551615","end":5.0}"#, as: Mesos_V1_Value.Range.self)
                == .with {
                    $0.begin = .max
                    $0.end = 5
                })
        #expect(try read(#"{"nanoseconds":-9223372036854775808}"#, as: Mesos_V1_TimeInfo.self).nanoseconds == .min)
        #expect(try read(#"{"nanoseconds":1.9}"#, as: Mesos_V1_TimeInfo.self).nanoseconds == 1)
        #expect(try read(#"{"signal":-9,"container_id":{"value":"c"}}"#, as: Mesos_V1_Agent_Call.KillContainer.self).signal == -9)
        #expect(
            try read(#"{"value":"x","extract":"false","cache":"true"}"#, as: Mesos_V1_CommandInfo.URI.self)
                == .with {
                    $0.value = "x"
                    $0.extract = false
                    $0.cache = true
                })
        #expect(try read(#"{"item":"a"}"#, as: Mesos_V1_Value.Set.self).item == ["a"])
        #expect(try read(#"{"item":["a",null,"b"]}"#, as: Mesos_V1_Value.Set.self).item == ["a", "b"])
        #expect(try read(#"{"range":{"begin":1,"end":2}}"#, as: Mesos_V1_Value.Ranges.self).range.count == 1)
        #expect(try read(#"{"key":"a","key":"b","value":null}"#, as: Mesos_V1_Label.self) == .with { $0.key = "b" })
        #expect(try read(#"{"data":"AP8="}"#, as: Mesos_V1_Secret.Value.self).data == Data([0, 255]))
        #expect(try read(#"{"executable":true,"Value":"y","value":"é😀"}"#, as: Mesos_V1_CommandInfo.URI.self).value == "é😀")
        let config = try read(#"{"role":"r","limits":{"cpus":{"value":1},"mem":null,"cpus":{"value":2}}}"#, as: Mesos_V1_Quota_QuotaConfig.self)
        #expect(config.limits.mapValues(\.value) == ["cpus": 2])
    }

    static let faults: [(type: String, json: String, error: String)] = [
        ("Label", "[]", "Expecting a JSON object"), ("Label", "\"a\"", "Expecting a JSON object"), ("Label", "null", "Expecting a JSON object"),
        ("Label", "{\"key\":1}", "Not expecting a JSON number for field 'key'"),
        ("Label", "{\"key\":{}}", "Not expecting a JSON object for field 'key'"),
        ("Label", "{\"key\":true}", "Not expecting a JSON boolean for field 'key'"),
        ("Label", "{\"key\":[\"a\"]}", "Not expecting a JSON array for field 'key'"),
        ("TaskStatus", "{\"state\":1}", "Not expecting a JSON number for field 'state'"),
        ("TaskStatus", "{\"task_id\":\"t\"}", "Not expecting a JSON string for field 'task_id'"),
        ("TaskStatus", "{\"state\":\"TASK_NEW\"}", "Failed to find enum for 'TASK_NEW'"),
        ("Value", "{\"type\":\"NEW\"}", "Failed to find enum for 'NEW'"),
        ("TaskStatus", "{\"healthy\":\"yes\"}", "Failed to parse 'yes' as a JSON boolean for field 'healthy'"),
        ("TaskStatus", "{\"healthy\":1}", "Not expecting a JSON number for field 'healthy'"),
        ("TaskStatus", "{\"timestamp\":\"soon\"}", "Failed to parse 'soon' as a JSON number for field 'timestamp'"),
        ("TaskStatus", "{\"timestamp\":\"true\"}", "Failed to parse 'true' as a JSON number for field 'timestamp'"),
        ("TaskStatus", "{\"data\":\"%\"}", "Failed to base64 decode bytes field 'data'"),
        ("Port", "{\"number\":4294967296}", "Number out of range for field 'number'"),
        ("Port", "{\"number\":-1}", "Number out of range for field 'number'"),
        ("Port", "{\"number\":1e300}", "Number out of range for field 'number'"),
        ("TimeInfo", "{\"nanoseconds\":9223372036854775808}", "Number out of range for field 'nanoseconds'"),
        ("Label", "{\"key\"", "unexpected end of the text at byte 6"), ("Label", "", "unexpected end of the text at byte 0"),
        ("Label", "{}", "Missing required fields: key"), ("MachineInfo", "{}", "Missing required fields: id"),
        ("Resource", "{}", "Missing required fields: name, type"),
        ("scheduler.Call", "{\"subscribe\":{\"framework_info\":{\"name\":\"n\"}}}", "Missing required fields: subscribe.framework_info.user"),
        (
            "scheduler.Call",
            "{\"accept\":{\"offer_ids\":[{\"value\":\"o\"},{}],\"operations\":[{},{\"launch\":{\"task_infos\":[{}]}}]},\"kill\":{}}",
            "Missing required fields: accept.offer_ids[1].value, accept.operations[1].launch.task_infos[0].name, "
                + "accept.operations[1].launch.task_infos[0].task_id, accept.operations[1].launch.task_infos[0].agent_id, kill.task_id"
        ),
        ("quota.QuotaConfig", "{\"role\":\"r\",\"limits\":{\"cpus\":{}}}", "Missing required fields: limits[0].value.value")
    ]

    @Test(arguments: faults)
    func `wrong JSON is refused with Mesos's words`(type: String, json: String, error: String) throws {
        let type = try #require(MessageType(named: "mesos.v1.\(type)"))
        let thrown = #expect(throws: MesosJSONError.self) { try MesosJSON.decode(Array(json.utf8), as: type) }
        #expect(thrown?.description == error)
        #expect(thrown?.isSyntax == error.contains("at byte"))
    }

    @Test func `an unknown value of a required enum, or a message in two parts, counts as protobuf counts it`() throws {
        let status = try #require(MessageType(named: "mesos.v1.MachineInfo"))
        #expect(try MesosJSON.missingRequired([0x10, 1], as: status) == ["id"])
        let window = try #require(MessageType(named: "mesos.v1.maintenance.ClusterStatus.DrainingMachine"))
        #expect(try MesosJSON.missingRequired([0x0a, 0, 0x12, 2, 0x08, 2], as: window) == ["statuses[0].framework_id", "statuses[0].timestamp"])
        let resource = try #require(MessageType(named: "mesos.v1.Resource"))
        #expect(try MesosJSON.missingRequired([0x0a, 1, 0x61, 0x10, 99], as: resource) == ["type"])
        let region = try #require(MessageType(named: "mesos.v1.DomainInfo"))
        #expect(try MesosJSON.missingRequired([0x0a, 5, 0x0a, 3, 0x0a, 1, 0x61, 0x0a, 5, 0x12, 3, 0x0a, 1, 0x62], as: region).isEmpty)
    }
}
