using Xunit;

namespace RewardReasoning.Verification.Tests;

/// <summary>
/// Answers made to hurt: none may take long, much memory, or count as right. The bound of memory stands for the bound of work: nothing
/// here may allocate more than some times its own size.
/// </summary>
public sealed class HostileAnswerTests
{
    private const long MaxBytes = 64 << 20;

    private static readonly AnswerVerifier Verifier = new();

    public static TheoryData<string> Names => [.. Answers.Keys];

    private static Dictionary<string, string> Answers { get; } =
        new()
        {
            ["deep brackets"] = Repeat("(", 100_000) + "1" + Repeat(")", 100_000),
            ["deep fractions"] = Repeat(@"\frac{1}{1+", 600) + "1" + Repeat("}", 600),
            ["deep braces"] = Repeat("{", 5_000) + Repeat("}", 5_000),
            ["deep boxes"] = Repeat(@"\boxed{", 20_000) + "2" + Repeat("}", 20_000),
            ["open boxes"] = Repeat(@"\boxed{", 100_000),
            ["a megabyte of digits"] = Repeat("7", 1 << 20),
            ["a megabyte of dollars"] = "so it is " + Repeat("$x", 1 << 19),
            ["a megabyte of backslashes"] = Repeat(@"\", 1 << 20),
            ["a megabyte of cues"] = Repeat("answer is ", 100_000),
            ["a megabyte of words"] = Repeat("word ", 200_000),
            ["tower of powers"] = "10^{10^{10^{10}}}",
            ["huge exponent"] = "2^{100000000000000000000000000000000}",
            ["huge scientific"] = "1e" + Repeat("9", 1_000),
            ["tiny scientific"] = "1e-999999999",
            ["factorial"] = "1000000!",
            ["factorials of factorials"] = "((5!)!)!",
            ["binomial"] = @"\binom{1000000}{500000}",
            ["long sum"] = @"\sum_{k=1}^{1000000000} k",
            ["sum of sums"] = @"\sum_{a=1}^{2000}\sum_{b=1}^{2000}\sum_{c=1}^{2000} abc",
            ["tower of e"] = "e^{e^{e^{e}}}",
            ["sine of a huge number"] = @"\sin(10^{80})",
            ["huge root"] = @"\sqrt[1000000]{2}",
            ["long tuple"] = "(" + Repeat("1,", 1_500) + "1)",
            ["long list"] = Repeat("3,", 1_900) + "2",
            ["signs"] = Repeat("-", 3_001) + "1",
            ["plus or minus"] = "2" + Repeat(@"\pm 2", 500),
            ["bars"] = Repeat("|", 3_000),
            ["functions"] = Repeat(@"\sin ", 1_000) + "x",
            ["no value"] = @"\frac{0}{0}",
            ["zero characters"] = "\0\0\0",
            ["half a surrogate pair"] = "\ud800",
        };

    [Theory]
    [MemberData(nameof(Names))]
    public void Verify_HostileAnswer_IsBoundedAndNeverEqual(string name)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotEqual(AnswerVerdict.Equal, Verifier.Verify("1", Answers[name]));
        Assert.NotEqual(AnswerVerdict.Equal, Verifier.Verify(Answers[name], "1"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytes);
    }

    [Fact]
    public void Verify_HugePowers_AreComparedExactly()
    {
        Assert.Equal(AnswerVerdict.Equal, Verifier.Verify("10^{100000}", @"10 \cdot 10^{99999}"));
        Assert.Equal(AnswerVerdict.Different, Verifier.Verify("10^{100000}", "10^{100000}+1"));
    }

    [Fact]
    public void Verify_NumbersThatAgreeModuloBothPrimes_AreNotEqual()
    {
        const string multiple = @"2305843021559372857 \cdot 2306830663534792753";
        Assert.Equal(AnswerVerdict.Different, Verifier.Verify("5", $"5 + {multiple}"));
        Assert.Equal(AnswerVerdict.Unknown, Verifier.Verify("x", $"x + {multiple}"));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
