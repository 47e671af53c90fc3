import JSON
import Testing

@testable import ServicesCore

struct ModelWritingTests {
    @Test func `the smallest app is written as Marathon writes it, byte for byte`() throws {
        var app = try Model.app(["id": "/a", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32])
        app.portDefinitions[0].port = 10000
        var writer = JSONWriter()
        app.write(into: &writer) { writer in
            for name in ["tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"] {
                writer.key(name)
                writer.int(0)
            }
            writer.key("deployments")
            writer.beginArray()
            writer.beginObject()
            writer.key("id")
            writer.string("8c0b5ab2-0000-4000-8000-000000000000")
            writer.endObject()
            writer.endArray()
        }
        let expected = #"{"id":"/a","backoffFactor":1.15,"backoffSeconds":1,"cmd":"sleep 1000","cpus":0.1,"disk":0,"executor":"","#
            + #""instances":1,"labels":{},"maxLaunchDelaySeconds":300,"mem":32,"gpus":0,"networks":[{"mode":"host"}],"#
            + #""portDefinitions":[{"labels":{},"name":"default","port":10000,"protocol":"tcp"}],"requirePorts":false,"#
            + #""upgradeStrategy":{"maximumOverCapacity":1,"minimumHealthCapacity":1},"version":"2021-07-27T10:00:00.123Z","#
            + #""versionInfo":{"lastScalingAt":"2021-07-27T10:00:00.123Z","lastConfigChangeAt":"2021-07-27T10:00:00.123Z"},"#
            + #""killSelection":"YOUNGEST_FIRST","unreachableStrategy":{"inactiveAfterSeconds":0,"expungeAfterSeconds":0},"role":"*","#
            + #""tasksStaged":0,"tasksRunning":0,"tasksHealthy":0,"tasksUnhealthy":0,"#
            + #""deployments":[{"id":"8c0b5ab2-0000-4000-8000-000000000000"}]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }
}
