import Machine
import Testing

@testable import Schedules

/// Texts that are nearly right: each is refused with a place inside of it, or it is a schedule that goes forward.
struct MutationTests {
    private static let seeds = [
        "30 2 * * MON-FRI", "*/15 0-6,22 1,15,L * ?", "0 0 12 LW JAN-JUN/2 ? 2026-2030", "0 9 15W * 5#3", "*/10 * * * * *", "0 0 L-3 2 5L", "@daily",
        "R/2026-01-31T09:00:00.500+02:00/P1Y2M3W4DT5H6M7.8S", "R5//PT1H", "R/2026-W05-2T12:00Z/P1D", "R3/2026-060/P1M", "R/2026-02-29/P1M",
        "R/T06:30/PT36H"
    ]
    private static let alphabet = Array("0123456789*/,-?LW#RPTYMDHSZ@:.+ \t\u{0}éJANFEBSUNMON9999999999".utf8)

    @Test(arguments: 0..<8 as Range<UInt64>) func `mutants are refused at a place or fire ever later`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let zones = try ["UTC", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"].map { try systemZone($0) }
        var (accepted, refused) = (0, 0)
        for _ in 0..<12_500 {
            let text = Self.mutant(&random)
            let zone = zones[Int(random.draw(below: UInt64(zones.count)))]
            let now = Int64(random.draw(below: 4_102_444_800_000))
            do {
                let schedule = try Schedule(text, zone: random.draw(below: 4) == 0 ? nil : zone, now: now)
                accepted += 1
                var last = now
                for time in schedule.times(after: now).prefix(4) {
                    if time <= last { Issue.record("\(text) fires at \(time) after \(last)") }
                    if schedule.previous(before: time).map({ $0 > last }) ?? false { Issue.record("\(text) fires between \(last) and \(time)") }
                    last = time
                }
                if try Schedule(schedule.text, zone: schedule.zone, now: 0) != schedule { Issue.record("\(text) is printed as \(schedule.text)") }
            } catch {
                refused += 1
                if !(0...text.utf8.count).contains(error.offset) || error.expected.isEmpty { Issue.record("\(text): \(error)") }
            }
        }
        #expect(accepted > 500 && refused > 500)
    }

    private static func mutant(_ random: inout SplitMix) -> String {
        func index(_ count: Int) -> Int { Int(random.draw(below: UInt64(max(count, 1)))) }
        var bytes = Array(seeds[index(seeds.count)].utf8)
        for _ in 0...random.draw(below: 3) where !bytes.isEmpty {
            let place = index(bytes.count)
            switch random.draw(below: 6) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(alphabet[index(alphabet.count)], at: place)
            case 2: bytes[place] = alphabet[index(alphabet.count)]
            case 3: bytes.insert(contentsOf: bytes[place..<min(place + 6, bytes.count)], at: index(bytes.count))
            case 4: bytes.removeSubrange(place..<min(place + 4, bytes.count))
            default:
                let other = Array(seeds[index(seeds.count)].utf8)
                bytes.replaceSubrange(place..., with: other[min(place, other.count)...])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
