import AgoraAPI
import Foundation
import MesosAPI
import SwiftProtobuf
import Testing

struct AgoraDescriptorTests {
    @Test func `records between master and agent can be read and written as JSON`() throws {
        let record = Agora_V1_AgentRecord.with {
            $0.session = "s"
            $0.goodbye = .with { $0.tasksStay = true }
        }
        let json = record.mesosJSON(in: .agora)
        #expect(String(decoding: json, as: UTF8.self) == #"{"session":"s","goodbye":{"tasks_stay":true}}"#)
        #expect(try Agora_V1_AgentRecord(mesosJSON: json, in: .agora) == record)
        #expect(throws: MesosJSONError.missing(["goodbye.tasks_stay"])) {
            try Agora_V1_AgentRecord(mesosJSON: Array(#"{"goodbye":{}}"#.utf8), in: .agora)
        }
    }

    @Test func `a message of mesos.v1 within keeps its defaults`() throws {
        let type = try #require(MessageType(named: "mesos.v1.AgentInfo", in: .agora))
        #expect(try MesosJSON.encode([], as: type) == Array(#"{"port":5051}"#.utf8))
        #expect(MessageType(named: "agora.v1.AgentRecord") == nil)
        #expect(type != MessageType(named: "mesos.v1.AgentInfo"))
    }
}
