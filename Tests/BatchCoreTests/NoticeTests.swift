import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Who is told what of a job, how often it is tried, and what of it survives.
struct NoticeTests {
    private static func world(_ channels: [Notice.Channel] = [.mail], cluster: String? = nil) -> World {
        var configuration = Configuration()
        configuration.notices.channels = channels
        configuration.notices.clusterName = cluster
        return World(configuration: configuration)
    }

    @Test func `a failure is told in Chronos's words, to each owner`() throws {
        var world = Self.world(cluster: "west")
        world.put(
            #"{"name":"j","command":"x","schedule":"R1//PT1H","retries":1,"retryDelaySeconds":1,"owner":"a@x.org, b@x.org,a@x.org,no address,"}"#)
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 1")
        #expect(world.notices.isEmpty, "it is tried again")
        world.wait(seconds: 2)
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 2")
        #expect(world.notices.map(\.recipient) == ["a@x.org", "b@x.org"])
        let notice = try #require(world.notices.first)
        #expect(notice.subject == "[west] [Chronos] job 'j' failed!")
        #expect(
            notice.message
                == "'2026-01-01T00:00:02.000Z'. Retries attempted: 1.\nTask id: ct:1767225600000:1:j:\nThe scheduler provided this message:\n"
                + "Command exited with status 2")
    }

    @Test func `the end of a job, of its recurrences, and of its failures are told`() {
        var world = Self.world([.slack])
        world.put(#"{"name":"j","command":"x","schedule":"R2/2026-01-01T00:00:00Z/PT1H","retries":0}"#)
        world.end(world.running("j")[0], .taskFailed, message: "no")
        world.wait(seconds: 3_600)
        world.end(world.running("j")[0])
        world.ask(.delete("j"))
        #expect(
            world.notices.map(\.subject) == [
                "[Chronos] job 'j' failed!", "[Chronos] job 'j' recovered", "[Chronos] job 'j' disabled", "[Chronos] Your job 'j' was deleted!"
            ])
        #expect(world.notices[1].message == "Job 'j' ended well at '2026-01-01T01:00:00.000Z', after 1 failure." && world.notices[3].message == "")
    }

    @Test func `a job that fails too often says so once, instead of each time`() {
        var configuration = Configuration()
        configuration.notices.channels = [.mattermost]
        configuration.disableAfterFailures = 2
        var world = World(configuration: configuration)
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H","retries":0}"#)
        world.end(world.running("j")[0], .taskFailed, message: "no")
        world.wait(seconds: 3_600)
        world.end(world.running("j")[0], .taskFailed, message: "no")
        #expect(world.notices.map(\.subject) == ["[Chronos] job 'j' failed!", "[Chronos] job 'j' disabled"])
        #expect(world.notices[1].message.hasPrefix("Failed at '2026-01-01T01:00:00.000Z', 2 failures since last success\nTask id: "))
    }

    @Test(arguments: [
        (#""notifyOn":["MISSED"]"#, ["[Chronos] job 'j' missed a run"]), (#""notifyOn":[]"#, []),
        (#""notifyOn":["removed"]"#, ["[Chronos] Your job 'j' was deleted!"]), (#""owner":"""#, ["[Chronos] Your job 'j' was deleted!"])
    ])
    func `a job says what it wants to be told of`(_ members: String, _ subjects: [String]) {
        var world = Self.world([.slack])
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","concurrencyPolicy":"FORBID",\#(members)}"#)
        world.wait(seconds: 61)
        world.ask(.delete("j"))
        #expect(world.notices.map(\.subject) == subjects)
    }

    @Test func `a callback is told what Chronos tells, once for each owner, and once without any`() throws {
        var world = Self.world([.http])
        world.put(
            #"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1M","owner":"a@x.org,b@x.org","uris":["http://u/1","http://u/2"]}"#)
        world.put(#"{"name":"k","command":"\#(String(repeating: "é", count: 3_000))","schedule":"R/2030-01-01T00:00:00Z/PT1M"}"#)
        world.ask(.delete("j"))
        world.ask(.delete("k"))
        #expect(world.notices.map(\.recipient) == ["a@x.org", "b@x.org", ""])
        let fields = try #require(world.notices.first?.fields)
        #expect(
            fields.map(\.name) == [
                "job", "command", "cpus", "mem", "softError", "errorCount", "errorsSinceLastSuccess", "executor", "executorFlags", "lastError",
                "lastSuccess", "retries", "successCount", "uris"
            ])
        #expect(fields.map(\.value) == ["j", "x", "0.1", "128.0", "false", "0", "0", "", "", "", "", "2", "0", "http://u/1,http://u/2"])
        #expect(world.notices[2].fields[1].value.utf8.count < 1_010, "a long text is cut")
    }

    @Test func `what isn't delivered is tried again, later each time, and given up after its time`() {
        var world = Self.world([.slack])
        world.put(#"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1M"}"#)
        world.ask(.delete("j"))
        let start = world.now.wall
        var times: [Int64] = []
        while world.disk["notices"]?.isEmpty == false, times.count < 100 {
            times.append((world.now.wall - start) / .second)
            let count = world.notices.count
            world.send(.notified(world.notices[0].id, failure: "no route"))
            while world.notices.count == count, world.disk["notices"]?.isEmpty == false { world.wait(seconds: 1) }
        }
        #expect(times == [0, 5, 15, 35, 75, 155, 315, 635, 1_235, 1_835, 2_435, 3_035])
        #expect(Set(world.notices.map(\.id)).count == 1 && world.givenUp == ["[Chronos] Your job 'j' was deleted!: no route"])
        #expect(world.core.counters.noticesFailed == 12 && world.core.counters.noticesGivenUp == 1 && world.core.counters.noticesDelivered == 0)
        world.send(.notified(world.notices[0].id, failure: nil))
        #expect(world.core.counters.noticesDelivered == 0, "late news changes nothing")
    }

    @Test func `what a crash interrupts is sent by the next process, and what was delivered is not`() {
        var world = Self.world([.slack, .mattermost])
        world.put(#"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1M"}"#)
        world.ask(.delete("j"))
        let (first, second) = (world.notices[0], world.notices[1])
        world.send(.notified(first.id, failure: nil))
        world.notices = []
        world.crash()
        #expect(world.notices == [second])
        world.send(.notified(second.id, failure: nil))
        #expect(world.disk["notices"]?.isEmpty == true)
        world.disk["notices"] = ["7": [9]]
        world.crash()
        #expect(world.reports.last?.hasPrefix("notices/7: ") == true, "what can't be read stops nothing")
    }

    @Test func `no more than a bounded number of one channel waits, and takes no room from another`() {
        var world = Self.world([.slack, .mattermost])
        world.checksInvariants = false
        for number in 0..<Batch.mostNoticesOfChannel + 2 {
            world.put(#"{"name":"j\#(number)","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1M"}"#)
            world.ask(.delete("j\(number)"))
            if let last = world.notices.last, last.channel == .mattermost { world.send(.notified(last.id, failure: nil)) }
        }
        #expect(world.notices.count { $0.channel == .slack } == Batch.mostNoticesOfChannel && world.givenUp.count == 2)
        #expect(world.notices.count { $0.channel == .mattermost } == Batch.mostNoticesOfChannel + 2)
        #expect(world.givenUp.first == "[Chronos] Your job 'j1000' was deleted!: 1000 others wait")
        world.core.checkInvariants()
    }

    @Test func `a word that is no kind of news is refused`() {
        var world = World()
        let answer = world.put(#"{"name":"j","command":"x","notifyOn":["ALL"]}"#)
        #expect(answer == .refused(.rejected(Rejection("notifyOn must be an array of REMOVED, DISABLED, FAILED, RECOVERED, MISSED"))))
    }
}
