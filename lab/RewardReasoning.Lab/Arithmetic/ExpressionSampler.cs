using System.Globalization;
using System.Text;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>An expression of the training world, with its solution.</summary>
internal sealed record ArithmeticProblem(Expression Expression, WorkedSolution Solution);

/// <summary>
/// Draws expressions as people write them in grade-school mathematics: real ones of a training part, real ones with other numbers in
/// them, and generated ones that reach further into the tail (large divisors and operands, differences that borrow, fractions that do not
/// end, percentages,
/// long sums, lone numbers). Held-out expressions (<see cref="ArithmeticSplit"/>) are never drawn, whichever way they arise.
/// </summary>
internal sealed class ExpressionSampler
{
    private const int Attempts = 40;
    private const double LongShare = 0.15;
    private static readonly double[] OperationWeights = [0.50, 0.31, 0.14, 0.05];
    private static readonly double[] FamilyWeights = [0.34, 0.11, 0.09, 0.09, 0.03, 0.09, 0.07, 0.08, 0.06, 0.04];
    private readonly IReadOnlyList<Expression> _real;
    private readonly SeededRandom _random;
    private readonly bool _withLong;

    /// <summary>A sampler over <paramref name="real"/>, of which held-out expressions are ignored.</summary>
    /// <param name="real">Expressions that people wrote.</param>
    /// <param name="random">Source of chance.</param>
    /// <param name="withLong">
    /// Whether long expressions are drawn too, of 4 to 7 operations, and such as cannot be worked out in writing: for those who compute
    /// with a calculator.
    /// </param>
    public ExpressionSampler(IEnumerable<Expression> real, SeededRandom random, bool withLong = false)
    {
        _withLong = withLong;
        _real = [.. real.Where(expression => !ArithmeticSplit.IsHeldOut(expression) && WorkedSolution.TryWrite(expression) is not null)];
        _random = random;
        if (_real.Count == 0)
        {
            throw new ArgumentException(
                "No expression is left for training; give real expressions of which some are not held out.",
                nameof(real)
            );
        }
    }

    /// <summary>The next problem.</summary>
    public ArithmeticProblem Next()
    {
        while (true)
        {
            double roll = _random.NextUnit();
            string? text =
                _withLong && _random.Chance(LongShare) ? General(_random.Between(4, 7))
                : roll < 0.28 ? _real[_random.Next(_real.Count)].Text
                : roll < 0.62 ? Vary(_real[_random.Next(_real.Count)])
                : Generate();
            if (text is not null && Accept(Respell(text)) is { } problem)
            {
                return problem;
            }
        }
    }

    /// <summary>An expression of that many operations that no training file holds.</summary>
    public Expression NextHeldOut(int operations)
    {
        while (true)
        {
            if (
                General(operations) is { } text
                && Expression.TryParse(text) is { } expression
                && expression.OperationCount == operations
                && ArithmeticSplit.IsHeldOut(expression)
                && expression.Evaluate()?.ToDecimal(6) is not null
            )
            {
                return expression;
            }
        }
    }

    private ArithmeticProblem? Accept(string text)
    {
        if (
            Expression.TryParse(text) is not { } expression
            || ArithmeticSplit.IsHeldOut(expression)
            || expression.Evaluate()?.ToDecimal(6) is not { } value
            || Math.Abs(value) >= 10_000_000
            || (WorkedSolution.TryWrite(expression) ?? (_withLong ? WorkedSolution.Unwritten(value) : null)) is not { } solution
        )
        {
            return null;
        }

        return new ArithmeticProblem(expression, solution);
    }

    // ---- real expressions with other numbers -------------------------------------------------------------------------------------

    private string? Vary(Expression real)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            List<ExpressionToken> tokens = [.. real.Tokens];
            for (int i = 0; i < tokens.Count; i++)
            {
                if (tokens[i].IsNumber && _random.Chance(0.75))
                {
                    tokens[i] = ExpressionToken.Number(LikeNumber(tokens[i].Value));
                }
            }

            KeepQuotientsWhole(real.Tokens, tokens);
            string text = Expression.Render(tokens);
            if (Accept(text) is { } problem && (problem.Solution.Value >= 0 || real.Text[0] == '-' || _random.Chance(0.1)))
            {
                return text;
            }
        }

        return null;
    }

    /// <summary>
    /// Where the original divided to a number that ends, so does the variant: the dividend becomes divisor times such a quotient.
    /// </summary>
    private void KeepQuotientsWhole(IReadOnlyList<ExpressionToken> original, List<ExpressionToken> tokens)
    {
        for (int i = 1; i + 1 < tokens.Count; i++)
        {
            if (
                tokens[i].Symbol != '/'
                || !tokens[i - 1].IsNumber
                || !tokens[i + 1].IsNumber
                || tokens[i + 1].Value == 0
                || original[i + 1].Value == 0
            )
            {
                continue;
            }

            Fraction quotient = Fraction.From(original[i - 1].Value) / Fraction.From(original[i + 1].Value);
            if (quotient.ToDecimal(2) is { } ends && ends != 0)
            {
                tokens[i - 1] = ExpressionToken.Number(LikeNumber(ends) * tokens[i + 1].Value);
            }
            else if (i + 3 < tokens.Count && tokens[i + 2].Symbol == '*' && tokens[i + 3].IsNumber)
            {
                tokens[i + 3] = ExpressionToken.Number(tokens[i + 1].Value * _random.Between(2, 60));
            }
        }
    }

    /// <summary>A number of about the same shape: as many digits, decimals and, mostly, trailing zeros.</summary>
    private decimal LikeNumber(decimal number)
    {
        string digits = Expression.Format(Math.Abs(number));
        int zeros = digits.Contains('.', StringComparison.Ordinal) ? 0 : digits.Length - digits.TrimEnd('0').Length;
        bool keepZeros = _random.Chance(0.8);
        StringBuilder text = new(number < 0 ? "-" : "");
        for (int i = 0; i < digits.Length; i++)
        {
            bool last = i == digits.Length - 1;
            bool trailingZero = i >= digits.Length - zeros;
            _ =
                digits[i] == '.' ? text.Append('.')
                : trailingZero && keepZeros ? text.Append('0')
                : i == 0 && digits[0] == '0' ? text.Append('0')
                : text.Append((char)('0' + (i == 0 || last ? _random.Between(1, 9) : _random.Between(0, 9))));
        }

        return decimal.Parse(text.ToString(), CultureInfo.InvariantCulture);
    }

    // ---- generated expressions ---------------------------------------------------------------------------------------------------

    private string? Generate() =>
        _random.Weighted(FamilyWeights) switch
        {
            0 => General(1 + _random.Weighted(OperationWeights)),
            1 => FractionOf(),
            2 => Percentage(),
            3 => LargeDivisor(),
            4 => Expression.Format(_random.Chance(0.7) ? Operand() : Money()),
            5 => MoneyExpression(),
            6 => LongSum(),
            7 => LargeOperands(),
            8 => TwoDigitDivisor(),
            _ => Borrowing(),
        };

    private string? General(int operations)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Node node = Grow(operations);
            string text = node.Render();
            if (node.Value is { } value && (value >= 0 || _random.Chance(0.05)) && Math.Abs(value) < 1_000_000)
            {
                return text;
            }
        }

        return null;
    }

    private Node Grow(int operations)
    {
        if (operations == 0)
        {
            return new Node(Operand());
        }

        char operation = "+-*/"[_random.Next(4)];
        int left = _random.Next(operations);
        Node right = Grow(operations - 1 - left);
        if (operation == '/' && left == 0 && right.Value is { } divisor && divisor != 0 && Math.Abs(divisor) < 1000)
        {
            return new Node(new Node(divisor * Quotient()), operation, right);
        }

        if (operation == '*' && left == 0)
        {
            return new Node(new Node(_random.Chance(0.6) ? _random.Between(2, 12) : Operand()), operation, right);
        }

        return new Node(Grow(left), operation, right);
    }

    /// <summary>a/b*c, c*a/b, (a/b)*c: usually a fraction that does not end, of a multiple of its denominator.</summary>
    private string FractionOf()
    {
        int denominator =
            _random.Chance(0.5) ? _random.Between(2, 12)
            : _random.Chance(0.7) ? _random.Between(3, 40)
            : 100;
        int numerator = _random.Chance(0.8) ? _random.Between(1, Math.Max(1, denominator - 1)) : _random.Between(1, 3 * denominator);
        decimal of = denominator * Quotient();
        string fraction = $"{numerator}/{denominator}";
        string number = Expression.Format(of);
        return _random.Next(6) switch
        {
            0 => $"({fraction})*{number}",
            1 => $"{number}*{fraction}",
            2 => $"{number}*({fraction})",
            3 => $"{number}/({denominator}/{numerator})",
            _ => $"{fraction}*{number}",
        };
    }

    private string Percentage()
    {
        string rate =
            _random.Chance(0.6) ? $"{_random.Between(1, 19) * 5}"
            : _random.Chance(0.8) ? $"{_random.Between(1, 150)}"
            : $"{_random.Between(1, 99)}.5";
        string number = Expression.Format(_random.Chance(0.5) ? _random.Between(1, 99) * 10 : Operand());
        return _random.Next(10) switch
        {
            0 => $"{number}*(1+{rate}%)",
            1 => $"{number}*(100%-{rate}%)",
            2 => $"{number}+{number}*{rate}%",
            3 => $"{number}-{number}*{rate}%",
            4 => $"{Expression.Format(_random.Between(1, 60) * decimal.Parse(rate, CultureInfo.InvariantCulture) / 10)}/{rate}%",
            5 or 6 => $"{number}*{rate}%",
            7 => $"{rate}%+{_random.Between(1, 90)}%",
            _ => $"{rate}%*{number}",
        };
    }

    private string LargeDivisor()
    {
        int divisor = _random.Next(4) switch
        {
            0 => _random.Between(2, 99) * (_random.Chance(0.5) ? 100 : 10),
            1 => _random.Between(101, 999),
            2 => _random.Chance(0.5) ? 100 : 1000,
            _ => (_random.Between(1, 9) * 1000) + (_random.Between(0, 9) * 100),
        };
        decimal quotient = _random.Chance(0.7) ? _random.Between(2, 60) : Quotient();
        string dividend = Expression.Format(divisor * quotient);
        return _random.Next(5) switch
        {
            0 => $"{_random.Between(2, 400)}/{(_random.Chance(0.5) ? 100 : 1000)}",
            1 => $"{dividend}/{divisor}+{_random.Between(1, 99)}",
            _ => $"{dividend}/{divisor}",
        };
    }

    private string MoneyExpression()
    {
        string a = Expression.Format(Money());
        string b = Expression.Format(Money());
        return _random.Next(6) switch
        {
            0 => $"{a}*{_random.Between(2, 60)}",
            1 => $"{_random.Between(2, 60)}*{a}",
            2 => $"{a}-{b}",
            3 => $"{_random.Between(10, 200)}-{a}",
            4 => $"{Expression.Format(Money() * _random.Between(2, 12))}/{_random.Between(2, 12)}",
            _ => $"{a}+{b}",
        };
    }

    private string LongSum()
    {
        int terms = _random.Between(4, 6);
        bool money = _random.Chance(0.2);
        int round = _random.Chance(0.3) ? 10 : 1;
        StringBuilder text = new();
        for (int i = 0; i < terms; i++)
        {
            _ = i > 0 ? text.Append(_random.Chance(0.9) ? '+' : '-') : text;
            _ = text.Append(Expression.Format(money ? Money() : _random.Between(1, 99) * round));
        }

        return text.ToString();
    }

    private string LargeOperands()
    {
        decimal a = Large();
        decimal b = _random.Chance(0.5) ? Large() : Operand();
        return _random.Next(5) switch
        {
            0 => $"{a}-{Expression.Format(b)}",
            1 => $"{a}*{_random.Between(2, 12)}",
            2 => $"{a}*{Expression.Format(_random.Between(1, 99) / 100m)}",
            3 => $"{Expression.Format(_random.Between(2, 12) * a)}/{_random.Between(2, 12)}",
            _ => $"{a}+{Expression.Format(b)}",
        };
    }

    private string TwoDigitDivisor()
    {
        int divisor = _random.Between(11, 99);
        decimal quotient = _random.Chance(0.8) ? _random.Between(2, 99) : Quotient();
        return $"{Expression.Format(divisor * quotient)}/{divisor}";
    }

    /// <summary>Differences that borrow more often than not, close ones among them.</summary>
    private string Borrowing()
    {
        int a = _random.Chance(0.7) ? _random.Between(100, 1299) : _random.Between(20, 99) * (_random.Chance(0.5) ? 10 : 100);
        int b = _random.Chance(0.3) ? Math.Max(1, a - _random.Between(1, 120)) : _random.Between(2, a);
        return _random.Chance(0.8) ? $"{a}-{b}" : $"{a}-{b}-{_random.Between(2, 99)}";
    }

    private decimal Large() =>
        _random.Next(3) switch
        {
            0 => _random.Between(10, 99) * 1000,
            1 => _random.Between(100, 999) * 1000,
            _ => _random.Between(10_000, 999_999),
        };

    private decimal Money() =>
        _random.Next(3) switch
        {
            0 => _random.Between(1, 199) / 2m,
            1 => _random.Between(1, 999) / 10m,
            _ => _random.Between(1, 4999) / 100m,
        };

    private decimal Quotient() =>
        _random.NextUnit() switch
        {
            < 0.45 => _random.Between(2, 12),
            < 0.75 => _random.Between(2, 99),
            < 0.85 => _random.Between(2, 40) * 10,
            < 0.93 => _random.Between(100, 999),
            < 0.97 => _random.Between(1, 99) + 0.5m,
            _ => _random.Between(1, 999) / 100m,
        };

    private decimal Operand() =>
        _random.NextUnit() switch
        {
            < 0.27 => _random.Between(2, 9),
            < 0.40 => _random.Between(1, 9) * 10,
            < 0.66 => _random.Between(10, 99),
            < 0.72 => _random.Between(2, 19) * 50,
            < 0.84 => _random.Between(100, 999),
            < 0.89 => _random.Between(1000, 4999),
            < 0.94 => _random.Between(1, 99) / 10m,
            < 0.98 => _random.Between(1, 999) / 100m,
            < 0.985 => _random.Between(1, 9999) / 1000m,
            _ => -_random.Between(1, 40),
        };

    /// <summary>The same expression with some numbers spelled otherwise, or with blanks round its operators.</summary>
    private string Respell(string text)
    {
        bool respell = _random.Chance(0.12);
        bool blanks = _random.Chance(0.08);
        if ((!respell && !blanks) || Expression.TryParse(text) is not { } expression || text.Contains('%', StringComparison.Ordinal))
        {
            return blanks ? text.Replace("*", " * ", StringComparison.Ordinal).Replace("+", " + ", StringComparison.Ordinal) : text;
        }

        StringBuilder written = new();
        foreach (ExpressionToken token in expression.Tokens)
        {
            _ =
                token.IsNumber ? written.Append(respell ? NumberSpelling.Write(token.Value, _random, 0.5) : Expression.Format(token.Value))
                : blanks && token.IsOperator ? written.Append(' ').Append(token.Symbol).Append(' ')
                : written.Append(token.Symbol);
        }

        return written.ToString();
    }

    /// <summary>An expression tree that renders with the fewest parentheses.</summary>
    private sealed class Node
    {
        private readonly Node? _left;
        private readonly Node? _right;
        private readonly char _operation;
        private readonly decimal _number;

        public Node(decimal number)
        {
            _number = number;
            Value = number;
        }

        public Node(Node left, char operation, Node right)
        {
            (_left, _operation, _right) = (left, operation, right);
            if (left.Value is { } a && right.Value is { } b && Math.Abs(a) < 1e9m && Math.Abs(b) < 1e9m)
            {
                Value = operation switch
                {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ => b == 0 ? null : (Fraction.From(a) / Fraction.From(b)).ToDecimal(4),
                };
            }
        }

        public decimal? Value { get; }

        public string Render()
        {
            if (_left is null || _right is null)
            {
                return Expression.Format(_number);
            }

            bool product = _operation is '*' or '/';
            string left = product && _left._operation is '+' or '-' && _left._left is not null ? $"({_left.Render()})" : _left.Render();
            bool wrapRight =
                _right._left is not null
                && (
                    (product && _right._operation is '+' or '-')
                    || _operation == '/'
                    || (_operation == '-' && _right._operation is '+' or '-')
                );
            return $"{left}{_operation}{(wrapRight ? $"({_right.Render()})" : _right.Render())}";
        }
    }
}
