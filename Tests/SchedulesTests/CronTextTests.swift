import Testing

@testable import Schedules

struct CronTextTests {
    /// What is read, and how it is printed: the shortest common form, in numbers.
    @Test(arguments: [
        ("* * * * *", "* * * * *"), ("*/1 * * * *", "* * * * *"), ("  0\t2 * * *  ", "0 2 * * *"), ("00 02 01 01 *", "0 2 1 1 *"),
        ("0 0 * * SUN-sat", "0 0 * * 0-6"), ("0 0 ? * ?", "0 0 * * *"), ("0 0 * * 7", "0 0 * * 0"), ("0 0 * JAN,feb,Dec MON-FRI", "0 0 * 1,2,12 1-5"),
        ("1,2,3,5,9 * * * *", "1-3,5,9 * * * *"), ("0-59/15 * * * *", "0-45/15 * * * *"), ("*/15 * * * *", "*/15 * * * *"),
        ("*/10,5 * * * *", "*/10,5 * * * *"),
        ("5/20 * * * *", "5,25,45 * * * *"), ("55-5/5 * * * *", "0,5,55 * * * *"), ("0 22-2 * * *", "0 0-2,22,23 * * *"),
        ("0 0 31,L,15w,LW,L-3 * *", "0 0 31,15W,L,L-3,LW * *"),
        ("0 0 * * 5l,mon#2,7L", "0 0 * * 0L,5L,1#2"), ("0 0 0 * * *", "0 0 * * *"), ("30 0 0 * * *", "30 0 0 * * *"), ("* 0 0 * * *", "* 0 0 * * *"),
        ("*/60 0 0 * * *", "*/60 0 0 * * *"), ("0 0 0 1 1 * *", "0 0 1 1 *"), ("0 0 0 1 1 * 2030/10", "0 0 0 1 1 * 2030-2290/10"),
        ("0 0 0 1 1 * 1970-2299", "0 0 1 1 *"), ("@yearly", "0 0 1 1 *"), ("@Annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"), ("@MIDNIGHT", "0 0 * * *"), ("@hourly", "0 * * * *"), (" @daily ", "0 0 * * *")
    ])
    func `a line is read and printed`(text: String, printed: String) throws {
        let cron = try Cron(text)
        #expect(cron.text == printed)
        #expect(try Cron(printed) == cron)
    }

    @Test func `six fields end with a year where that is said`() throws {
        #expect(try Cron("0 0 1 1 * 2030", sixthField: .year) == Cron("0 0 0 1 1 * 2030"))
        #expect(try Cron("5 0 1 1 *", sixthField: .year) == Cron("5 0 1 1 *"))
        #expect(throws: ScheduleError(offset: 12, expected: "a day of the week from 0 to 7 or a name from SUN to SAT")) {
            try Cron("0 0 0 1 1-2 2030")
        }
    }

    @Test(arguments: [
        ("", 0, "minutes, the next of five to seven fields"), ("   ", 3, "minutes, the next of five to seven fields"),
        ("0 0", 3, "days of the month, the next of five to seven fields"), ("* * * * * * * *", 14, "at most seven fields"),
        ("60 * * * *", 0, "a minute from 0 to 59"), ("0 24 * * *", 2, "an hour from 0 to 23"), ("0 0 0 * *", 4, "a day of the month from 1 to 31"),
        ("0 0 32 * *", 4, "a day of the month from 1 to 31"), ("0 0 * 13 *", 6, "a month from 1 to 12 or a name from JAN to DEC"),
        ("0 0 * 0 *", 6, "a month from 1 to 12 or a name from JAN to DEC"),
        ("0 0 * * 8", 8, "a day of the week from 0 to 7 or a name from SUN to SAT"),
        ("0 0 * * XYZ", 8, "a day of the week from 0 to 7 or a name from SUN to SAT"),
        ("0 0 * JA *", 6, "a month from 1 to 12 or a name from JAN to DEC"),
        ("0 0 * * MONDAY", 11, "a comma or the end of the day of the week field"), ("a * * * *", 0, "a minute from 0 to 59"),
        ("-1 * * * *", 0, "a minute from 0 to 59"), ("1- * * * *", 2, "a minute from 0 to 59"), ("1,,2 * * * *", 2, "a minute from 0 to 59"),
        ("1, * * * *", 2, "a minute from 0 to 59"), ("*/0 * * * *", 2, "a step from 1 to 60"), ("*/61 * * * *", 2, "a step from 1 to 60"),
        ("*/ * * * *", 2, "a step from 1 to 60"), ("*/90 * * * *", 2, "a step from 1 to 60"), ("0 */25 * * *", 4, "a step from 1 to 24"),
        ("** * * * *", 1, "a comma or the end of the minute field"), ("*5 * * * *", 1, "a comma or the end of the minute field"),
        ("1-2-3 * * * *", 3, "a comma or the end of the minute field"), ("? * * * *", 0, "a minute from 0 to 59"),
        ("L * * * *", 0, "a minute from 0 to 59"),
        ("0 0 L-31 * *", 6, "a number of days from 0 to 30"), ("0 0 L- * *", 6, "a number of days from 0 to 30"),
        ("0 0 0W * *", 4, "a day of the month from 1 to 31"), ("0 0 1-5W * *", 7, "a comma or the end of the day of the month field"),
        ("0 0 * * L", 8, "a day of the week from 0 to 7 or a name from SUN to SAT"), ("0 0 * * 1#6", 10, "a number from 1 to 5"),
        ("0 0 * * 1#0", 10, "a number from 1 to 5"), ("0 0 * * 1#", 10, "a number from 1 to 5"),
        ("0 0 * * #1", 8, "a day of the week from 0 to 7 or a name from SUN to SAT"),
        ("0 0 1#1 * *", 5, "a comma or the end of the day of the month field"), ("0 0 * * 1W", 9, "a comma or the end of the day of the week field"),
        ("0 0 0 * * * 1969", 12, "a year from 1970 to 2299"), ("0 0 0 * * * 2300", 12, "a year from 1970 to 2299"),
        ("0 0 0 * * * 2030-2020", 12, "a range that goes up"), ("99999999999999999999999999 * * * *", 0, "a minute from 0 to 59"),
        ("*/99999999999999999999999999 * * * *", 2, "a step from 1 to 60"),
        ("@every 5m", 0, "an interval like R//PT90M for what is not on the calendar"),
        ("@reboot", 0, "a time: a cluster has no start"), ("@", 0, "@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"),
        ("@daily 5", 7, "the end behind a word with @"), ("é * * * *", 0, "a minute from 0 to 59"),
        ("* * * * *\n", 9, "a comma or the end of the day of the week field")
    ])
    func `a wrong line is refused with the place and what was expected`(text: String, offset: Int, expected: String) {
        #expect(throws: ScheduleError(offset: offset, expected: expected)) { try Cron(text) }
    }

    @Test func `a text of any length is refused early`() {
        let text = String(repeating: "1,", count: 1_000_000)
        #expect(throws: ScheduleError(offset: 1_024, expected: "a text of at most 1024 bytes")) { try Cron(text) }
        #expect(throws: ScheduleError(offset: 1_024, expected: "a text of at most 1024 bytes")) { try Schedule("R" + text, now: 0) }
    }

    @Test func `an error is a sentence`() {
        #expect(ScheduleError(offset: 3, expected: "a month").description == "Expected a month at offset 3.")
    }

    @Test func `what never fires says so, and questions from beyond the calendar have answers`() throws {
        let berlin = try systemZone("Europe/Berlin")
        for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * * * * * 1970", "* * L-30 2 *", "0 0 0 29 2 * 2100", "* * 30 2 *"] {
            let cron = try Cron(text)
            for zone in [berlin, .utc] { #expect(cron.next(after: 1_700_000_000_000, in: zone) == nil, "\(text)") }
        }
        let minute = try Cron("* * * * *")
        for zone in [berlin, .utc] {
            #expect(minute.next(after: .max, in: zone) == nil)
            #expect(minute.previous(before: .min, in: zone) == nil)
            #expect(minute.next(after: .min, in: zone).map { $0 - Civil.first < 86_400_000 } == true)
            #expect(minute.previous(before: .max, in: zone).map { Civil.last - $0 < 86_400_000 } == true)
            #expect(minute.next(after: Civil.last - 90_000, in: zone) != nil)
        }
    }
}
