// Moving pictures without a camera: a room with a figure in it, and a page of a lesson.

function stream(
  width: number,
  height: number,
  draw: (brush: CanvasRenderingContext2D, at: number) => void,
) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext("2d");
  const paint = () => {
    if (brush) {
      draw(brush, performance.now() / 1000);
    }
  };
  paint();
  setInterval(paint, 200);
  return canvas.captureStream(5);
}

export function person(number: number): MediaStream {
  const hue = (number * 67) % 360;
  return stream(640, 360, (brush, at) => {
    const wall = brush.createLinearGradient(0, 0, 640, 360);
    wall.addColorStop(0, `hsl(${hue} 22% 68%)`);
    wall.addColorStop(1, `hsl(${hue} 26% 42%)`);
    brush.fillStyle = wall;
    brush.fillRect(0, 0, 640, 360);
    brush.fillStyle = `hsl(${hue} 30% 84%)`;
    brush.fillRect(420, 30, 150, 120);
    brush.fillStyle = `hsl(${hue} 20% 34%)`;
    for (let shelf = 0; shelf < 5; shelf++) {
      brush.fillRect(40 + shelf * 26, 60 + (shelf % 3) * 6, 18, 90 - (shelf % 3) * 6);
    }
    const sway = Math.sin(at + number) * 8;
    brush.fillStyle = `hsl(${(hue + 140) % 360} 38% 34%)`;
    brush.beginPath();
    brush.ellipse(320 + sway, 380, 150, 130, 0, 0, 7);
    brush.fill();
    brush.fillStyle = `hsl(${22 + (number % 4) * 5} 45% ${48 + (number % 5) * 6}%)`;
    brush.beginPath();
    brush.ellipse(320 + sway, 190, 68, 84, 0, 0, 7);
    brush.fill();
    brush.fillStyle = `hsl(25 35% ${14 + (number % 4) * 9}%)`;
    brush.beginPath();
    brush.ellipse(320 + sway, 166, 74, 74, 0, Math.PI, 2 * Math.PI);
    brush.fill();
  });
}

export function lessonPage(): MediaStream {
  return stream(1920, 1080, (brush) => {
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, 1920, 1080);
    brush.fillStyle = "#1d3a5f";
    brush.fillRect(0, 0, 1920, 120);
    brush.fillStyle = "#fff";
    brush.font = "600 56px sans-serif";
    brush.fillText("Квадратные уравнения", 80, 80);
    brush.fillStyle = "#222";
    brush.font = "48px serif";
    brush.fillText("ax² + bx + c = 0,  a ≠ 0", 120, 260);
    brush.fillText("D = b² − 4ac", 120, 350);
    brush.font = "28px sans-serif";
    for (let line = 0; line < 12; line++) {
      brush.fillText(
        `${line + 1}. Решите уравнение x² − ${line + 3}x + ${2 * line + 2} = 0 и проверьте корни по теореме Виета.`,
        120,
        460 + line * 48,
      );
    }
    brush.strokeStyle = "#c0392b";
    brush.lineWidth = 5;
    brush.beginPath();
    for (let x = -200; x <= 200; x += 5) {
      brush.lineTo(1600 + x, 200 + (x * x) / 180);
    }
    brush.stroke();
  });
}
